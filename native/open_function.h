/* SPDX-License-Identifier: Apache-2.0 */
/* An open predict function with its columns. */
#ifndef PYFLINK_ML_EMBEDDED_OPEN_FUNCTION_H
#define PYFLINK_ML_EMBEDDED_OPEN_FUNCTION_H

#include "activity.h"
#include "engine.h"
#include "measure.h"
#include "turns.h"

/* Which coroutines of a function are in flight between the JVM's calls; Awaiting.java has the same
   order. */
typedef enum { AWAITS_NOTHING, AWAITS_ROWS, AWAITS_BATCHES } Awaits;

/* The input is written to one slot while rows are predicted from the other. */
#define MAX_SLOTS 2

typedef struct {
    PyObject_HEAD PyObject *function; /* owned; NULL once closed */
    PyObject *predict;                /* owned: its bound method, where it predicts rows */
    PyObject *predict_batch;          /* owned: predicts a batch, or NULL: a callable of the input
                                         Columns, the first row and the number of rows */
    Engine *engine;                   /* owned: predicts before Python does, or NULL */
    PyObject *context;                /* owned: the contextvars.Context that all its calls run in */
    PyObject *resources;              /* owned: closed last by close, or NULL */
    PyObject *awaiter;                /* owned: awaits its coroutines, or NULL; see await_path.h */
    PyObject *model;                  /* owned str */
    Activity *activity;               /* owned: says what it does, or NULL */
    Columns *inputs[MAX_SLOTS];       /* owned; one on the row path */
    int slots;
    Columns *output;       /* owned */
    Columns **all_columns; /* owned, its items borrowed: see function_columns */
    int columns_count;
    int32_t *offsets; /* holds a block, of a batch: for each row the offset after its last result;
                         capacity max_rows */
    int max_rows;     /* of a batch */
    int failed;       /* the row of the last batch that failed, or -1 for all of them */
    Awaits awaits;    /* what is in flight between calls */
    int wake_descriptor; /* borrowed from the awaiter: an eventfd that ends a wait, or -1 */
    int64_t *numbers;    /* holds a block, or NULL: of each call that was taken last, the number of
                            its first row; capacity max_rows */
    PyObject *failed_call; /* owned: that which failed last, or NULL */
    PyObject *spare;       /* owned: a Row to reuse, or NULL */
    int64_t rows;          /* the number of the row predicted last, row by row */
    int64_t silent_rows;   /* for which predict returned None, while it returned nothing else; or
                              NOT_SILENT */
    int64_t batches;       /* the number of batches predicted */
    int64_t warm_up_nanoseconds; /* what the sample row took, or 0 */
    PyObject *tap;               /* owned: gets a sample of the rows, or NULL */
    int64_t untapped;            /* the number of rows up to the next one for the tap */
    bool running;
    _Atomic int64_t calls;        /* the number of the last call; like thread, also for watchers
                                     without the GIL */
    _Atomic unsigned long thread; /* that of the call in progress, as threading.get_ident; or 0 */
    PyThreadState *state;         /* borrowed: that of the last call */
    PyObject *interruption;       /* owned str: why the call in progress was interrupted, or NULL */
    Caller caller;                /* of the row path */
    MetricsMemory *metrics;       /* owned */
    Measure measure;              /* writes to metrics */
    PyObject *refresh;            /* owned: a callable that sets the gauges of user code, or NULL */
    int64_t refreshed;            /* when it was called last, in nanoseconds of a coarse clock */
} OpenFunction;

extern PyType_Spec open_function_spec;

/* Predicts row 0 of the input columns and fills the output columns; messages name row_number.
   Returns the number of rows, with bits for the sides whose memory moved, or returns -1 with an
   exception set. */
int open_function_predict(OpenFunction *self, int64_t row_number);

/* Predicts count rows of a slot from start on, and fills the output columns and the offsets.
   row_number is that of the first row.
   Returns as open_function_predict; where it fails, self->failed is set. */
int open_function_predict_batch(OpenFunction *self, int slot, int64_t start, int count,
                                int64_t row_number);

/* Starts coroutines for count rows of a slot from start on; messages name row_number. Returns 0, or
   -1 with an exception set; then self->failed is set, and the rows before it are in flight. */
int open_function_start(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number);

/* Runs the loop until a coroutine is done, open_function_wake was called, or microseconds have
   passed unless they are negative. Fills the output columns, the offsets and the numbers. Returns
   the number of calls that are done, with a bit where the output moved, or -1 with an exception
   set; then self->failed is the call that failed, after those before it were taken, or -1 where the
   loop has failed. */
int open_function_await(OpenFunction *self, int64_t microseconds);

/* Ends a wait, also one that has not begun. Needs no GIL. */
void open_function_wake(const OpenFunction *self);

/* Return a new str that describes the exception that is set, and clear it; or return NULL without
   an exception when memory is exhausted. row_number is that of the batch's first row. */
PyObject *open_function_describe_error(OpenFunction *self);
PyObject *open_function_describe_batch_error(OpenFunction *self, int slot, int64_t start, int count,
                                             int64_t row_number);
PyObject *open_function_describe_await_error(OpenFunction *self);

#endif
