/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the calls of an open function: one of MEASURED_ROWS on the row path, because the clock
   costs more than the rest of it allows, and all batches. */
#ifndef PYFLINK_ML_EMBEDDED_MEASURE_H
#define PYFLINK_ML_EMBEDDED_MEASURE_H

#include "column.h"
#include "metrics_memory.h"

#include <time.h>

enum { MEASURED_ROWS = 64 };

/* After a row that takes this many nanoseconds, the next one is measured too. */
enum { LONG_ROW = 20000 };

/* On the batch path, predict is measured for one of this number of rows. */
enum { MEASURED_ROWS_OF_BATCH = 16 };

/* The measurements of one function. Zero at first. */
typedef struct {
    Statistics *statistics; /* borrowed */
    uint32_t skipped;       /* calls of the row path that will not be measured */
    bool is_measured;       /* the call in progress */
    int64_t began;          /* when it began to wait for the GIL */
    int64_t entered;        /* when it got it */
    int64_t model_ns;       /* that it has spent in the model */
} Measure;

static inline int64_t
measure_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Begins a call, before the engine or the GIL. */
static inline void
measure_begin(Measure *measure, bool is_measured)
{
    measure->is_measured = is_measured;
    if (is_measured) {
        measure->began = measure->entered = measure_now();
        measure->model_ns = 0;
    }
}

static inline void
measure_begin_row(Measure *measure)
{
    bool is_measured = measure->skipped == 0;
    measure->skipped = is_measured ? MEASURED_ROWS - 1 : measure->skipped - 1;
    measure_begin(measure, is_measured);
}

/* Notes that the call has the GIL. */
static inline void
measure_entered(Measure *measure)
{
    if (measure->is_measured) {
        measure->entered = measure_now();
    }
}

/* Return when the model begins, and note that it has ended. */
static inline int64_t
measure_model_begin(const Measure *measure)
{
    return measure->is_measured ? measure_now() : 0;
}

static inline void
measure_model_end(Measure *measure, int64_t began)
{
    if (measure->is_measured) {
        measure->model_ns = measure_now() - began;
    }
}

/* Note, for a call that is measured, the bytes of the rows before they are predicted, and the end
   of the call. */
void measure_input(Measure *measure, const Columns *input, int64_t start, int64_t count);
void measure_end(Measure *measure, const Columns *output);

/* Notes the end of a call that the engine has predicted. */
void measure_engine(Measure *measure, const Columns *input, int64_t start, int64_t count,
                    const Columns *output);

/* Notes the memory of the columns, which the JVM shows as that of the function. */
void measure_memory(Measure *measure, Columns *const *inputs, int slots, const Columns *output);

#endif
