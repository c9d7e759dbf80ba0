/* SPDX-License-Identifier: Apache-2.0 */
/* Channels: a page of shared memory and two pipes. */

#define _GNU_SOURCE
#include "channel.h"

#include "shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* The JVM reads the page by these offsets. */
_Static_assert(offsetof(Page, response) == 64, "offset of the response");
_Static_assert(offsetof(Page, worker_sleeps) == 128, "offset of worker_sleeps");
_Static_assert(offsetof(Page, java_sleeps) == 192, "offset of java_sleeps");
_Static_assert(offsetof(Page, operation) == 256, "offset of the operation");
_Static_assert(offsetof(Page, arguments) == 264, "offset of the arguments");
_Static_assert(offsetof(Page, results) == 320, "offset of the results");
_Static_assert(offsetof(Page, text_length) == 384, "offset of the text's length");
_Static_assert(sizeof(Page) <= CHANNEL_TEXT_OFFSET, "the text overlaps");

#define PAGE_SIZE (CHANNEL_TEXT_OFFSET + CHANNEL_TEXT_SIZE)

/* How long a thread watches for a request before it sleeps, in nanoseconds. To be woken takes about
   as long. After some watches in vain it sleeps at once, but for one wait of a number: requests may
   have become more frequent. */
#define WATCH ((int64_t)50000)
#define MOST_MISSES 4
#define TRIAL_INTERVAL 32

static int64_t
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

static void
close_pipe(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

int
channel_open(Channel *channel)
{
    *channel = (Channel){.page = NULL};
    if (pipe2(channel->request, O_CLOEXEC) < 0) {
        return -1;
    }
    if (pipe2(channel->response, O_CLOEXEC) < 0) {
        close_pipe(channel->request);
        return -1;
    }
    uint8_t *memory = map_new_file(PAGE_SIZE, &channel->memory);
    if (memory == NULL) {
        close_pipe(channel->request);
        close_pipe(channel->response);
        return -1;
    }
    channel->page = (Page *)(void *)memory;
    channel->text = (char *)memory + CHANNEL_TEXT_OFFSET;
    return 0;
}

void
channel_close(Channel *channel)
{
    munmap(channel->page, PAGE_SIZE);
    close(channel->memory);
    close_pipe(channel->request);
    close_pipe(channel->response);
    channel->page = NULL;
}

static bool
has_request(const Channel *channel)
{
    return atomic_load(&channel->page->request) != channel->answered;
}

/* Watches the page for a limited time. */
static void
watch(Channel *channel)
{
    int64_t begin = now();

    while (!has_request(channel)) {
        if (now() - begin > WATCH) {
            channel->misses++;
            return;
        }
        sched_yield();
    }
    channel->misses = 0;
}

/* Reads the byte of whoever wakes this side. */
static void
await_byte(Channel *channel)
{
    char byte;
    while (read(channel->request[0], &byte, 1) < 0 && errno == EINTR) {
    }
}

/* Sleeps until it is woken, unless there is a request. */
static void
sleep_until_woken(Channel *channel)
{
    int32_t asleep = 1;

    atomic_store(&channel->page->worker_sleeps, asleep);
    if ((!has_request(channel) && !atomic_load(&channel->stopped)) ||
        !atomic_compare_exchange_strong(&channel->page->worker_sleeps, &asleep, 0)) {
        await_byte(channel); /* whoever clears worker_sleeps writes one */
    }
}

bool
channel_wait(Channel *channel)
{
    if (channel->misses < MOST_MISSES || ++channel->waits % TRIAL_INTERVAL == 0) {
        watch(channel);
    }
    while (!has_request(channel)) {
        if (atomic_load(&channel->stopped)) {
            return false;
        }
        sleep_until_woken(channel);
    }
    return true;
}

/* Writes a byte where the other side has noted that it sleeps. */
static void
wake(_Atomic int32_t *sleeps, int pipe_end)
{
    int32_t asleep = 1;

    if (atomic_compare_exchange_strong(sleeps, &asleep, 0)) {
        /* The pipe is never full: each byte belongs to one sleep. */
        while (write(pipe_end, "", 1) < 0 && errno == EINTR) {
        }
    }
}

void
channel_answer(Channel *channel)
{
    channel->answered = atomic_load(&channel->page->request);
    atomic_store(&channel->page->response, channel->answered);
    wake(&channel->page->java_sleeps, channel->response[1]);
}

void
channel_stop(Channel *channel)
{
    atomic_store(&channel->stopped, true);
    wake(&channel->page->worker_sleeps, channel->request[1]);
}

void
channel_set_text(Channel *channel, const char *bytes, size_t length)
{
    if (length > CHANNEL_TEXT_SIZE) {
        length = CHANNEL_TEXT_SIZE;
        while (length > 0 && ((unsigned char)bytes[length] & 0xC0) == 0x80) {
            length--; /* not within a character */
        }
    }
    memcpy(channel->text, bytes, length);
    channel->page->text_length = (int32_t)length;
}
