/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is to call Python row by row.

   A thread that leaves the GIL wakes a thread that waits for it. If two threads call Python for
   short rows, nearly every row wakes one thread and puts the other to sleep, which costs more than
   the row. So such threads wait here, and one of them keeps the turn for many rows while they
   follow each other closely. All other threads compete with it for the GIL by CPython's own rules.

   The word has the owner of the turn, and whether it is inside of a call. While no thread has
   waited lately, the turn ends with each call and costs two atomic operations. Otherwise the owner
   keeps it until its time is over, and then passes it to the first thread of the queue.

   That thread looks at the owner now and then. It takes the turn of an owner that has not come
   back: it has no row, or has ended. It does not wait for an owner that is in one call for long,
   but competes with it for the GIL: the call may compute without the GIL, or wait for another
   thread. Each look at a call is also a sample of whether it has the GIL.

   Callers whose calls are far apart take no turns, nor do those that compute mostly without the
   GIL: they gain by running beside each other. */

#include "turns.h"

#include "gil.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <time.h>

#define MICROSECOND ((int64_t)1000)
#define MILLISECOND ((int64_t)1000000)
#define SECOND ((int64_t)1000000000)

/* How long a thread keeps the turn while others wait. */
#define TURN (5 * MILLISECOND)

/* The number of samples that show how much of its calls a caller is without the GIL. What is known
   of a caller without turns is forgotten after SAMPLED_CALLS calls, and found out again. */
#define SAMPLES 16
#define SAMPLED_CALLS 4096

/* A gap counts as this at most: the thread was not scheduled. */
#define LONGEST_GAP (400 * MICROSECOND)

/* Callers whose calls are this far apart need no turn, unless the calls themselves take longer. */
#define LONG_GAP (4 * MICROSECOND)

/* The first thread of the queue looks at the owner after this time, and later less and less often.
 */
#define FIRST_LOOK (25 * MICROSECOND)
#define LAST_LOOK (400 * MICROSECOND)
#define LOOKS 4 /* of the same interval, before it doubles */

/* A thread does not wait for a call that it has seen this often, even if the call has the GIL. */
#define LONG_LOOKS 8

/* Turns are kept for this time after a thread has waited. */
#define CALM (20 * MILLISECOND)

/* One of this number of calls is measured. */
#define MEASURED 8

#define INSIDE 1u

typedef struct Waiter {
    struct Waiter *next;
    uint32_t thread;
    bool granted;
    pthread_cond_t wake;
} Waiter;

/* Process-wide, as the GIL is. */
static struct {
    _Atomic uint32_t word;    /* twice the owner's number, and INSIDE; 0 without an owner */
    _Atomic uint32_t waiting; /* the length of the queue */
    _Atomic uint32_t threads; /* the number of numbers that threads have */
    _Atomic uint32_t calls;   /* of owners, while turns are kept */
    _Atomic uint32_t samples; /* of the owner's calls in this turn */
    _Atomic uint32_t without; /* of these, without the GIL */
    _Atomic int64_t started;  /* when the turn began */
    _Atomic int64_t waited;   /* when a thread last began to wait */
    _Atomic bool kept;        /* whether turns are kept between calls */
    pthread_mutex_t mutex;    /* guards the queue */
    Waiter *first;
    Waiter **end;
} turns = {.mutex = PTHREAD_MUTEX_INITIALIZER, .end = &turns.first};

/* Twice the number of the calling thread; 0 before its first call. */
static _Thread_local uint32_t this_thread;

static int64_t
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* Returns the new average. A time above most counts as most. */
static int64_t
smooth(int64_t average, int64_t time, int64_t most)
{
    return average + ((time < most ? time : most) - average) / MEASURED;
}

/* Makes the calling thread the owner, inside of a call, if the word is as expected. */
static bool
take(uint32_t expected)
{
    return atomic_compare_exchange_strong_explicit(&turns.word, &expected, this_thread | INSIDE,
                                                   memory_order_acquire, memory_order_relaxed);
}

static void
append(Waiter *waiter)
{
    *turns.end = waiter;
    turns.end = &waiter->next;
    atomic_fetch_add(&turns.waiting, 1);
}

static void
remove_first(void)
{
    turns.first = turns.first->next;
    if (turns.first == NULL) {
        turns.end = &turns.first;
    }
    else {
        pthread_cond_signal(&turns.first->wake); /* it looks at the owner now */
    }
    atomic_fetch_sub(&turns.waiting, 1);
}

static void
init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Waits until the time at most, which Linux by default exceeds by 50 us. */
static void
wait_until(Waiter *waiter, int64_t time)
{
    struct timespec until = {.tv_sec = (time_t)(time / SECOND), .tv_nsec = (long)(time % SECOND)};
    int slack = prctl(PR_GET_TIMERSLACK);

    prctl(PR_SET_TIMERSLACK, 1);
    pthread_cond_timedwait(&waiter->wake, &turns.mutex, &until);
    prctl(PR_SET_TIMERSLACK, slack);
}

static void
begin_turn(int64_t time)
{
    atomic_store(&turns.started, time);
    atomic_store(&turns.samples, 0);
    atomic_store(&turns.without, 0);
}

/* Waits in the queue. Returns whether the thread has the turn then; it has not if the owner is in
   one call for long. */
static bool
wait_for_turn(void)
{
    Waiter self = {.thread = this_thread};
    int64_t interval = FIRST_LOOK;
    uint32_t calls = 0;
    bool has_turn = false;
    bool passes = false;

    init_condition(&self.wake);
    pthread_mutex_lock(&turns.mutex);
    atomic_store(&turns.waited, now());
    atomic_store(&turns.kept, true);
    append(&self);
    int same = 0;
    for (int looks = 0; !self.granted && !has_turn && !passes;) {
        if (turns.first != &self) {
            pthread_cond_wait(&self.wake, &turns.mutex);
            continue;
        }
        uint32_t word = atomic_load(&turns.word);
        uint32_t calls_before = calls;
        calls = atomic_load(&turns.calls);
        bool is_same = looks > 0 && calls == calls_before;
        if (word == 0 || (is_same && !(word & INSIDE))) {
            has_turn = take(word);
        }
        if (word & INSIDE) {
            bool is_free = gil_is_free();
            same = is_same ? same + 1 : 0;
            passes = is_same && (is_free || same == LONG_LOOKS);
            atomic_fetch_add_explicit(&turns.samples, 1, memory_order_relaxed);
            atomic_fetch_add_explicit(&turns.without, is_free, memory_order_relaxed);
        }
        if (!has_turn && !passes) {
            interval *= ++looks % LOOKS == 0 && interval < LAST_LOOK ? 2 : 1;
            wait_until(&self, now() + interval);
        }
    }
    if (has_turn) {
        begin_turn(now());
    }
    if (!self.granted) {
        remove_first();
    }
    pthread_mutex_unlock(&turns.mutex);
    pthread_cond_destroy(&self.wake);
    return !passes;
}

/* Passes the turn to the first thread of the queue, or ends it. */
static void
pass_turn(int64_t time)
{
    pthread_mutex_lock(&turns.mutex);
    Waiter *next = turns.first;
    begin_turn(time);
    atomic_store(&turns.word, next == NULL ? 0 : next->thread | INSIDE);
    if (next != NULL) {
        next->granted = true;
        pthread_cond_signal(&next->wake);
        remove_first();
    }
    pthread_mutex_unlock(&turns.mutex);
}

/* Updates what is known of a caller, at the end of a call that is measured. */
static void
learn(Caller *caller, int64_t time)
{
    if (caller->has_turn) {
        caller->call_ns = smooth(caller->call_ns, time - caller->entered, TURN);
        caller->samples += atomic_exchange(&turns.samples, 0);
        caller->without += atomic_exchange(&turns.without, 0);
    }
    else if (caller->calls % SAMPLED_CALLS == 0) {
        caller->samples = caller->without = 0;
        caller->gap_ns = 0;
    }
    if (caller->samples > 4 * SAMPLES) {
        caller->samples /= 2;
        caller->without /= 2;
    }
    int64_t close = caller->call_ns > LONG_GAP ? caller->call_ns : LONG_GAP;
    bool is_mostly_without =
        caller->samples >= SAMPLES && 4 * caller->without > 3 * caller->samples;
    caller->needs_no_turn = is_mostly_without || caller->gap_ns > close;
}

void
turns_enter(Caller *caller)
{
    bool kept = atomic_load_explicit(&turns.kept, memory_order_relaxed);

    caller->has_turn = false;
    caller->is_measured = false;
    caller->precedes = false;
    if (kept || caller->needs_no_turn) {
        caller->is_measured = ++caller->calls % MEASURED == 0;
        caller->precedes = (caller->calls + 1) % MEASURED == 0;
    }
    if (caller->is_measured && caller->left != 0) {
        caller->gap_ns = smooth(caller->gap_ns, now() - caller->left, LONGEST_GAP);
    }
    if (caller->needs_no_turn) {
        return;
    }
    if (this_thread == 0) {
        this_thread = 2 * (atomic_fetch_add(&turns.threads, 1) + 1);
    }
    caller->has_turn = take(kept ? this_thread : 0) || wait_for_turn();
    if (kept && caller->has_turn) {
        atomic_fetch_add_explicit(&turns.calls, 1, memory_order_relaxed);
    }
}

void
turns_begin(Caller *caller)
{
    if (caller->is_measured) {
        caller->entered = now();
    }
}

void
turns_leave(Caller *caller)
{
    int64_t time = caller->is_measured || caller->precedes ? now() : 0;

    caller->left = caller->precedes ? time : 0;
    if (caller->is_measured) {
        learn(caller, time);
    }
    if (!caller->has_turn) {
        return;
    }
    if (!atomic_load_explicit(&turns.kept, memory_order_relaxed)) {
        atomic_store_explicit(&turns.word, 0, memory_order_release);
        return;
    }
    if (caller->is_measured && atomic_load(&turns.waiting) > 0) {
        if (time - atomic_load(&turns.started) > TURN || caller->needs_no_turn) {
            pass_turn(time);
            return;
        }
    }
    else if (caller->is_measured && time - atomic_load(&turns.waited) > CALM) {
        atomic_store(&turns.kept, false);
    }
    atomic_store_explicit(&turns.word, this_thread, memory_order_release);
}
