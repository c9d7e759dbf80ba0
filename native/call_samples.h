/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of the Python stacks of the JVM's calls in progress. */
#ifndef PYFLINK_ML_EMBEDDED_CALL_SAMPLES_H
#define PYFLINK_ML_EMBEDDED_CALL_SAMPLES_H

#include "native.h"

/* METH_VARARGS. */
PyObject *call_samples_take(PyObject *module, PyObject *args);

#endif
