/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is to call Python row by row.

   A thread that leaves the GIL wakes a thread that waits for it. If two threads call Python for
   short rows, nearly every row wakes one thread and puts the other to sleep, which costs more than
   the row. So such threads wait here, and one of them keeps the turn for many rows while they
   follow each other closely. All other threads compete with it for the GIL by CPython's own rules.

   The word has the owner of the turn, and whether it is inside of a call. A turn ends with its
   call, unless threads have waited lately and the owner's rows follow each other closely. Then the
   owner keeps it until its time is over, and passes it to the first thread of the queue.

   That thread watches the word for a while before it sleeps, because waking it takes longer than
   most calls. It takes the turn of an owner that is outside for longer than between close rows: it
   has no row, or has ended. It does not wait for an owner that is in one call for long, but
   competes with it for the GIL: the call may compute without the GIL, or wait for another thread.

   Each thread that begins to watch during a call also samples whether the call has the GIL.
   Callers that compute mostly without it take no turns: they gain by running beside each other. */

#include "turns.h"

#include "gil.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MICROSECOND ((int64_t)1000)
#define MILLISECOND ((int64_t)1000000)
#define SECOND ((int64_t)1000000000)

/* How long a thread keeps the turn while others wait. */
#define TURN (2 * MILLISECOND)

/* How long the first thread of the queue watches the owner before it sleeps: twice as long as the
   last time if it got the turn, and half as long if it had to sleep; and after it has slept. */
#define LEAST_WATCH (16 * MICROSECOND)
#define LONGEST_WATCH (512 * MICROSECOND)
#define WATCH (5 * MICROSECOND)

/* How long it sleeps between, at first and at most. */
#define FIRST_SLEEP (100 * MICROSECOND)
#define LAST_SLEEP (800 * MICROSECOND)

/* An owner that is outside for this time and twice its usual one has no row. */
#define IDLE (1 * MICROSECOND)

/* Rows follow each other closely if the time between two calls exceeds that of a call by less.
   Otherwise threads that take each row in turn gain more by what they do at the same time outside
   of their calls than they lose by cold caches. */
#define CLOSE (MICROSECOND / 2)

/* A thread does not wait for a call that seems to be without the GIL for this time, which is longer
   than a thread takes to wake that the GIL was given to; nor for one of the other time. */
#define FREE_CALL (100 * MICROSECOND)
#define LONG_CALL (5 * MILLISECOND)

/* The number of samples that show how much of its calls a caller is without the GIL. Whether it
   needs turns is found out again after some time. */
#define SAMPLES 16
#define FORGOTTEN (1 * SECOND)

/* How much longer a call takes, or half of its time if that is less, if the call before was on
   another thread: what it uses is in the caches of another core. */
#define COLD (2 * MICROSECOND)

/* Turns are kept for this time after a thread has waited. */
#define CALM (20 * MILLISECOND)

/* One of this number of calls of a thread is measured. Not even, or of two functions that a thread
   calls alternately only one would be. All calls of at least MEASURED_CALL are measured. */
#define MEASURED 7
#define MEASURED_CALL (4 * MICROSECOND)
#define SMOOTHED 8 /* measured values */

/* The word: the owner's number, or 0; a count of calls; and in the last two bits the phase. */
#define OWNER(word) ((uint32_t)((word) >> 32))
#define PHASE(word) ((word) & 3)
#define WORD(owner, count_and_phase) ((uint64_t)(owner) << 32 | (uint32_t)(count_and_phase))

/* What the owner does: it is outside of a call, waits for the GIL, or is in a call. The next call
   begins one phase later. */
enum { OUTSIDE, ENTERS, CALLS, PHASES = 4 };

typedef struct Waiter {
    struct Waiter *next;
    uint32_t thread;
    pthread_cond_t wake;
} Waiter;

/* Process-wide, as the GIL is. */
static struct {
    _Atomic uint64_t word;
    _Atomic(Waiter *) first;  /* the queue, guarded by the mutex */
    Waiter **end;             /* its last link, or NULL if it is empty */
    _Atomic bool sleeps;      /* whether the first thread of the queue sleeps */
    _Atomic bool contended;   /* whether a thread has waited lately */
    _Atomic uint32_t threads; /* the number of numbers that threads have */
    _Atomic uint32_t samples; /* of the owner's calls in this turn */
    _Atomic uint32_t without; /* of these, without the GIL */
    _Atomic int64_t started;  /* when the turn began, while turns are kept */
    _Atomic int64_t patience; /* how long an owner outside is waited for */
    _Atomic int64_t waited;   /* when a thread last began to wait */
    uint32_t last;            /* the owner of the last call; belongs to the owner of the turn */
    pthread_mutex_t mutex;
} turns = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local struct {
    uint32_t number; /* 0 before its first call */
    uint32_t calls;
    int64_t left;   /* when its last call ended, if its end is timed, else 0 */
    int64_t gap_ns; /* smoothed time between two calls */
    int64_t watch;  /* how long it watches */
    bool is_timed;  /* whether the end of this call is timed */
} this_thread;

static int64_t
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* Returns the new average. A value above most counts as most. */
static int64_t
smooth(int64_t average, int64_t value, int64_t most)
{
    return average + ((value < most ? value : most) - average) / SMOOTHED;
}

/* Makes the calling thread the owner, before a call, if the word is as seen. */
static bool
take(uint64_t seen)
{
    uint64_t taken = WORD(this_thread.number, seen + 1);
    return atomic_compare_exchange_strong_explicit(&turns.word, &seen, taken, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* Returns the word after the call of a word. */
static uint64_t
after(uint64_t word, uint32_t owner)
{
    return WORD(owner, word + PHASES - CALLS);
}

static void
begin_turn(int64_t time)
{
    atomic_store_explicit(&turns.started, time, memory_order_relaxed);
    atomic_store_explicit(&turns.samples, 0, memory_order_relaxed);
    atomic_store_explicit(&turns.without, 0, memory_order_relaxed);
}

static void
append(Waiter *waiter)
{
    if (turns.first == NULL) {
        turns.first = waiter;
    }
    else {
        *turns.end = waiter;
    }
    turns.end = &waiter->next;
}

/* Removes the first thread of the queue. The next one watches from now on. */
static void
remove_first(void)
{
    Waiter *first = turns.first;

    turns.first = first->next;
    if (first->next != NULL) {
        pthread_cond_signal(&first->next->wake);
    }
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

/* Sleeps until the time at most, which Linux by default exceeds by 50 us. */
static void
sleep_until(Waiter *waiter, int64_t time)
{
    struct timespec until = {.tv_sec = (time_t)(time / SECOND), .tv_nsec = (long)(time % SECOND)};
    int slack = prctl(PR_GET_TIMERSLACK);

    prctl(PR_SET_TIMERSLACK, 1);
    pthread_cond_timedwait(&waiter->wake, &turns.mutex, &until);
    prctl(PR_SET_TIMERSLACK, slack);
}

static void
relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* Samples whether a call has the GIL. */
static void
sample(void)
{
    uint64_t word = atomic_load(&turns.word);
    bool is_free = gil_is_free();

    if (PHASE(word) == CALLS && atomic_load(&turns.word) == word) {
        atomic_fetch_add_explicit(&turns.samples, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&turns.without, is_free, memory_order_relaxed);
    }
}

/* What a waiting thread has seen of the owner. */
typedef struct {
    uint64_t word;
    int64_t since; /* when it saw this word first */
    int64_t held;  /* when it then saw last that a thread had the GIL */
} Seen;

typedef enum { WAITS, HAS_TURN, PASSES } Outcome;

/* Looks at the owner, and takes the turn where it can. */
static Outcome
look(Seen *seen, int64_t time)
{
    uint64_t word = atomic_load_explicit(&turns.word, memory_order_acquire);

    if (word != seen->word) {
        *seen = (Seen){.word = word, .since = time, .held = time};
    }
    if (PHASE(word) == OUTSIDE) {
        bool is_idle = OWNER(word) == 0 || time - seen->since > atomic_load(&turns.patience);
        return is_idle && take(word) ? HAS_TURN : WAITS;
    }
    if (OWNER(word) == this_thread.number) {
        return HAS_TURN; /* it was passed */
    }
    if (PHASE(word) == ENTERS || !gil_is_free()) {
        seen->held = time;
    }
    bool is_long = time - seen->held > FREE_CALL || time - seen->since > LONG_CALL;
    return is_long ? PASSES : WAITS;
}

/* Waits in the queue. Returns whether the thread has the turn then; it has not if the owner is in
   one call for long. */
static bool
wait_for_turn(void)
{
    static _Atomic int cores;
    Waiter waiter = {.thread = this_thread.number};
    int64_t time = now();
    Seen seen = {.word = atomic_load(&turns.word), .since = time, .held = time};
    Outcome outcome = WAITS;

    if (cores == 0) {
        cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    }
    atomic_store(&turns.waited, time);
    atomic_store(&turns.contended, true);
    init_condition(&waiter.wake);
    pthread_mutex_lock(&turns.mutex);
    append(&waiter);
    int64_t sleep = FIRST_SLEEP;
    int64_t watch = cores == 1                        ? 0
                    : this_thread.watch < LEAST_WATCH ? LEAST_WATCH
                                                      : this_thread.watch;
    bool slept = false;
    while (outcome == WAITS) {
        while (turns.first != &waiter && OWNER(turns.word) != this_thread.number) {
            pthread_cond_wait(&waiter.wake, &turns.mutex);
        }
        pthread_mutex_unlock(&turns.mutex);
        sample();
        time = now();
        int64_t until = time + watch;
        while ((outcome = look(&seen, time)) == WAITS && time < until) {
            relax();
            time = now();
        }
        pthread_mutex_lock(&turns.mutex);
        if (outcome == WAITS) {
            atomic_store(&turns.sleeps, true);
            if ((outcome = look(&seen, time)) == WAITS) {
                sleep_until(&waiter, time + sleep);
            }
            bool is_free = !atomic_exchange(&turns.sleeps, false);
            watch = is_free ? LEAST_WATCH : WATCH;
            slept = true;
            sleep = sleep < LAST_SLEEP ? 2 * sleep : sleep;
        }
    }
    this_thread.watch = slept ? this_thread.watch / 2 : watch < LONGEST_WATCH ? 2 * watch : watch;
    if (turns.first != &waiter) {
        outcome = HAS_TURN; /* it was passed */
    }
    else {
        remove_first();
        if (outcome == HAS_TURN) {
            begin_turn(time);
        }
    }
    pthread_mutex_unlock(&turns.mutex);
    pthread_cond_destroy(&waiter.wake);
    return outcome == HAS_TURN;
}

/* Passes the turn to the first thread of the queue, from the owner in the call of the word. */
static void
pass_turn(uint64_t word, int64_t time)
{
    pthread_mutex_lock(&turns.mutex);
    Waiter *next = turns.first;
    begin_turn(time);
    if (next == NULL) {
        atomic_store(&turns.word, after(word, 0));
    }
    else {
        atomic_store(&turns.word, WORD(next->thread, after(word, 0) + ENTERS));
        pthread_cond_signal(&next->wake);
        remove_first();
    }
    pthread_mutex_unlock(&turns.mutex);
}

/* Ends the turn after the call of the word, and wakes the first thread of the queue if it sleeps.
 */
static void
end_turn(uint64_t word)
{
    atomic_store(&turns.word, after(word, 0));
    if (atomic_load(&turns.sleeps) && atomic_exchange(&turns.sleeps, false)) {
        pthread_mutex_lock(&turns.mutex);
        Waiter *first = turns.first;
        if (first != NULL) {
            pthread_cond_signal(&first->wake);
        }
        pthread_mutex_unlock(&turns.mutex);
    }
}

/* Whether calls of a caller are faster without turns. With them, two threads take twice as long. */
static bool
gains_without(const Caller *caller)
{
    return caller->alone_ns < 2 * caller->call_ns;
}

/* Updates what is known of a caller, at the end of a call that is measured. */
static void
learn(Caller *caller, int64_t time)
{
    int64_t call = time - caller->entered;

    if (caller->needs_no_turn) {
        caller->alone_ns = smooth(caller->alone_ns, call, 4 * caller->call_ns);
        if (!gains_without(caller) || time - caller->changed > FORGOTTEN) {
            caller->needs_no_turn = false;
            caller->samples = caller->without = 0;
            caller->changed = time;
        }
        return;
    }
    if (!caller->has_turn) {
        return;
    }
    if (!caller->is_warm) {
        call -= call < 2 * COLD ? call / 2 : COLD;
    }
    caller->call_ns = smooth(caller->call_ns, call, 4 * (caller->call_ns + MICROSECOND));
    caller->samples += atomic_exchange_explicit(&turns.samples, 0, memory_order_relaxed);
    caller->without += atomic_exchange_explicit(&turns.without, 0, memory_order_relaxed);
    if (caller->samples > 4 * SAMPLES) {
        caller->samples /= 2;
        caller->without /= 2;
    }
    bool is_mostly_without =
        caller->samples >= SAMPLES && 4 * caller->without > 3 * caller->samples;
    bool may_change = gains_without(caller) || time - caller->changed > FORGOTTEN;
    if (is_mostly_without && may_change) {
        caller->needs_no_turn = true;
        caller->alone_ns = caller->call_ns;
        caller->changed = time;
    }
}

/* Returns the longest time between two calls that follow each other closely. */
static int64_t
close_gap(const Caller *caller)
{
    return caller->call_ns + CLOSE;
}

void
turns_enter(Caller *caller)
{
    bool contended = atomic_load_explicit(&turns.contended, memory_order_relaxed);

    caller->has_turn = false;
    caller->is_measured = false;
    this_thread.is_timed = false;
    if (contended || caller->needs_no_turn) {
        uint32_t call = ++this_thread.calls % MEASURED;
        caller->is_measured = call == 0 || caller->call_ns > MEASURED_CALL;
        this_thread.is_timed = caller->is_measured || call == MEASURED - 1;
    }
    if (caller->is_measured && this_thread.left != 0) {
        this_thread.gap_ns =
            smooth(this_thread.gap_ns, now() - this_thread.left, 4 * close_gap(caller));
    }
    if (caller->needs_no_turn) {
        caller->entered = caller->is_measured ? now() : 0;
        return;
    }
    if (this_thread.number == 0) {
        this_thread.number = atomic_fetch_add(&turns.threads, 1) + 1;
    }
    uint64_t word = atomic_load_explicit(&turns.word, memory_order_relaxed);
    bool is_free =
        PHASE(word) == OUTSIDE && (OWNER(word) == 0 || OWNER(word) == this_thread.number);
    caller->has_turn = (is_free && take(word)) || wait_for_turn();
}

void
turns_begin(Caller *caller)
{
    caller->is_warm = caller->has_turn && turns.last == this_thread.number;
    if (caller->has_turn) {
        turns.last = this_thread.number;
        uint64_t word = atomic_load_explicit(&turns.word, memory_order_relaxed);
        atomic_store_explicit(&turns.word, word + 1, memory_order_relaxed);
    }
    if (caller->is_measured && !caller->needs_no_turn) {
        caller->entered = now();
    }
}

void
turns_leave(Caller *caller)
{
    int64_t time = this_thread.is_timed ? now() : 0;

    this_thread.left = time;
    if (caller->is_measured) {
        learn(caller, time);
    }
    if (!caller->has_turn) {
        return;
    }
    uint64_t word = atomic_load_explicit(&turns.word, memory_order_relaxed);
    if (!atomic_load_explicit(&turns.contended, memory_order_relaxed)) {
        atomic_store_explicit(&turns.word, after(word, 0), memory_order_release);
        return;
    }
    if (caller->is_measured &&
        time - atomic_load_explicit(&turns.waited, memory_order_relaxed) > CALM) {
        atomic_store(&turns.contended, false);
    }
    if (this_thread.gap_ns > close_gap(caller) || caller->needs_no_turn) {
        end_turn(word);
        return;
    }
    if (caller->is_measured) {
        atomic_store_explicit(&turns.patience, 2 * this_thread.gap_ns + IDLE, memory_order_relaxed);
        bool is_over = time - atomic_load_explicit(&turns.started, memory_order_relaxed) > TURN;
        if (is_over && atomic_load_explicit(&turns.first, memory_order_relaxed) != NULL) {
            pass_turn(word, time);
            return;
        }
    }
    atomic_store_explicit(&turns.word, after(word, this_thread.number), memory_order_release);
}
