/* SPDX-License-Identifier: Apache-2.0 */
/* What the models of this process do, for the text that is printed when the process ends. */
#ifndef PYFLINK_ML_EMBEDDED_ACTIVITY_H
#define PYFLINK_ML_EMBEDDED_ACTIVITY_H

#include "native.h"

#include <stdatomic.h>

#define ACTIVITY_TEXT_SIZE 1024

/* What one function does. Is never freed but used again, so that a signal handler can read it. */
typedef struct ActivityNode ActivityNode;
struct ActivityNode {
    ActivityNode *next;
    _Atomic bool used;
    _Atomic(const char *) step;   /* what thread runs */
    _Atomic unsigned long thread; /* as threading.get_ident, or 0 */
    char text[ACTIVITY_TEXT_SIZE];
};

/* The type Activity. */
typedef struct {
    PyObject_HEAD ActivityNode *node; /* owned */
} Activity;

extern PyType_Spec activity_spec;

/* Notes that the calling thread, with this number, runs the function. Borrows activity, which may
   be NULL. Needs no GIL. */
static inline void
activity_enter(const Activity *activity, unsigned long thread)
{
    if (activity != NULL) {
        atomic_store_explicit(&activity->node->thread, thread, memory_order_relaxed);
    }
}

static inline void
activity_leave(const Activity *activity)
{
    activity_enter(activity, 0);
}

/* Returns whether the calling thread runs a function. Async-signal-safe. */
bool activity_is_here(void);

/* Write a text, and a line for each function, to a file. Async-signal-safe. */
void activity_print_text(int file, const char *text);
void activity_print(int file);

#endif
