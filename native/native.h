/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the module. */
#ifndef PYFLINK_ML_EMBEDDED_NATIVE_H
#define PYFLINK_ML_EMBEDDED_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct JavaBinding JavaBinding;

/* The state of one import of the module. */
typedef struct {
    PyTypeObject *row_type;
    PyTypeObject *row_iterator_type;
    PyTypeObject *columns_type;
    PyTypeObject *open_function_type;
    PyTypeObject *engine_type;
    PyTypeObject *onnx_session_type;
    PyTypeObject *metrics_memory_type;
    PyTypeObject *activity_type;
    PyObject *conversion_error;
    PyObject *timeout_error;
    PyTypeObject *decimal_type;
    PyObject *numpy_frombuffer; /* NULL until first used */
    PyObject *decimal_multiply; /* of a decimal.Context that is exact */
    PyObject *process_check;    /* NULL outside of a JVM */
    int64_t process_checked;    /* when, in nanoseconds */
    JavaBinding *java;          /* owned; NULL outside of a JVM */
} NativeState;

#endif
