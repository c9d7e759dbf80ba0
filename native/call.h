/* SPDX-License-Identifier: Apache-2.0 */
/* The call of a function in progress, which watchers see, and may interrupt. */
#ifndef PYFLINK_ML_EMBEDDED_CALL_H
#define PYFLINK_ML_EMBEDDED_CALL_H

#include "open_function.h"

#include <stdatomic.h>

/* What became of a request to interrupt a call. Java has the same numbers. */
typedef enum {
    CALL_ENDED,
    CALL_INTERRUPTED, /* the exception is set */
    CALL_PENDING,     /* that of an earlier request is, because no Python code has run since */
    CALL_DEFERRED,    /* the call is where an exception could leave a lock of the process held */
} CallOutcome;

/* Removes an exception that was set and not raised, and gives the one that was raised its message.
   Keeps the exception that is set. */
void call_settle(OpenFunction *self);

/* Sets PredictTimeoutError with this message in the thread of a call, if the call with that number
   is in progress. Deferred only without force. Borrows reason, a str. Needs the GIL. */
CallOutcome call_interrupt(OpenFunction *self, int64_t number, PyObject *reason, bool force);

/* Returns the number of the call in progress, or 0. Needs no GIL. */
static inline int64_t
call_in_progress(OpenFunction *self)
{
    return atomic_load_explicit(&self->thread, memory_order_acquire) == 0
               ? 0
               : atomic_load_explicit(&self->calls, memory_order_relaxed);
}

static inline void
call_begin(OpenFunction *self)
{
    self->running = true;
    self->state = PyThreadState_Get();
    int64_t call = atomic_load_explicit(&self->calls, memory_order_relaxed) + 1;
    atomic_store_explicit(&self->calls, call, memory_order_relaxed);
    atomic_store_explicit(&self->thread, self->state->thread_id, memory_order_release);
    activity_enter(self->activity, self->state->thread_id);
}

static inline void
call_end(OpenFunction *self)
{
    activity_leave(self->activity);
    atomic_store_explicit(&self->thread, 0, memory_order_release);
    if (self->interruption != NULL) {
        call_settle(self);
    }
    self->running = false;
}

/* Ends a call and begins the next one, of the next row of a batch. */
static inline void
call_next(OpenFunction *self)
{
    call_end(self);
    call_begin(self);
}

#endif
