/* SPDX-License-Identifier: Apache-2.0 */
/* Ends a worker process with the JVM that has started it, whatever its models do. */
#ifndef PYFLINK_ML_EMBEDDED_PARENT_H
#define PYFLINK_ML_EMBEDDED_PARENT_H

#include "native.h"

/* become_worker(parent): METH_O. */
PyObject *parent_become_worker(PyObject *module, PyObject *descriptor);

#endif
