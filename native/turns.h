/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is to call Python row by row: a lock in front of the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_TURNS_H
#define PYFLINK_ML_EMBEDDED_TURNS_H

#include "native.h"

/* A function that one thread at a time calls row by row. Zero at first. */
typedef struct {
    int64_t call_ns;    /* smoothed time of a warm call, from when it has the GIL */
    int64_t alone_ns;   /* smoothed time of a call without a turn, with waits for the GIL */
    int64_t entered;    /* when the call began, if it is measured */
    uint32_t samples;   /* how often another thread looked at a call */
    uint32_t without;   /* how often the GIL was free then */
    int64_t changed;    /* when needs_no_turn changed */
    bool needs_no_turn; /* whether calls are mostly without the GIL */
    bool is_measured;   /* whether this call is measured */
    bool has_turn;      /* whether this call has the turn */
    bool is_warm;       /* whether the call before was on the same thread */
} Caller;

/* Waits until the calling thread may compete for the GIL. Needs no GIL, and must not have it. */
void turns_enter(Caller *caller);

/* Begins the call, once the thread has the GIL. */
void turns_begin(Caller *caller);

/* Ends the call, on the same thread. Needs no GIL, and must not have it. */
void turns_leave(Caller *caller);

#endif
