/* SPDX-License-Identifier: Apache-2.0 */
/* MetricsMemory: the values of an open function's metrics, which the JVM reads at any time without
   Python. */
#ifndef PYFLINK_ML_EMBEDDED_METRICS_MEMORY_H
#define PYFLINK_ML_EMBEDDED_METRICS_MEMORY_H

#include "native.h"

#include <stdatomic.h>

/* The last values of a distribution. NativeMetrics.java has the number too. */
#define WINDOW_SIZE 512

typedef struct {
    _Atomic int64_t count; /* of all values */
    _Atomic double values[WINDOW_SIZE];
} Window;

/* The first bytes of the memory. All metrics of user code follow. */
typedef struct {
    _Atomic int64_t description; /* where the JSON begins that names the metrics, or 0 */
    _Atomic int64_t description_size;
    _Atomic double column_bytes; /* that the columns of the function take */
    /* Of single calls, in nanoseconds and in bytes: */
    Window gil_wait;
    Window model;      /* in predict or predict_batch, or in the engine */
    Window converting; /* the rest of a call */
    Window input_bytes;
    Window output_bytes;
} Statistics;

typedef struct {
    PyObject_HEAD uint8_t *bytes; /* holds a block of METRICS_CAPACITY zeroed bytes */
    size_t used;
} MetricsMemory;

/* Only pages that are used take memory. */
#define METRICS_CAPACITY ((size_t)1 << 20)

extern PyType_Spec metrics_memory_spec;

/* Returns the statistics in the memory, borrowed. */
static inline Statistics *
metrics_statistics(const MetricsMemory *self)
{
    return (Statistics *)(void *)self->bytes;
}

/* Adds a value. One thread at a time adds values to a window. */
static inline void
window_record(Window *window, double value)
{
    int64_t count = atomic_load_explicit(&window->count, memory_order_relaxed);
    atomic_store_explicit(&window->values[count % WINDOW_SIZE], value, memory_order_relaxed);
    atomic_store_explicit(&window->count, count + 1, memory_order_release);
}

#endif
