/* SPDX-License-Identifier: Apache-2.0 */
/* Times a loop that stores to the stack and loads from it, again and again, on each CPU in turn.

   It needs neither memory nor the operating system, so its time shows the current speed of a core.
   Prints the seconds of the monotonic clock, the CPU, and the microseconds of CPU time of a loop.
 */

#define _GNU_SOURCE

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PASSES 100000
#define PAUSE 20000 /* microseconds between two rounds; a loop takes less than 300 */

static double
seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double
time_loop(void)
{
    volatile uint64_t on_stack = 0;
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);

    for (uint64_t i = 0; i < PASSES; i++) {
        on_stack += i;
    }
    return seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

int
main(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    while (!ferror(stdout)) {
        for (int cpu = 0; cpu < cpus; cpu++) {
            cpu_set_t only;
            CPU_ZERO(&only);
            CPU_SET(cpu, &only);
            if (sched_setaffinity(0, sizeof only, &only) != 0) {
                perror("sched_setaffinity");
                return 1;
            }
            double loop = time_loop();
            printf("%.3f %d %.1f\n", seconds(CLOCK_MONOTONIC), cpu, loop * 1e6);
        }
        fflush(stdout);
        usleep(PAUSE);
    }
    return 0;
}
