/* SPDX-License-Identifier: Apache-2.0 */
/* Limits recursion in Python to what the stack of a thread has room for. */
#ifndef PYFLINK_ML_EMBEDDED_STACK_H
#define PYFLINK_ML_EMBEDDED_STACK_H

#include "native.h"

/* Limits the recursion of state, which belongs to the calling thread and has the GIL. Only the
   first call for a state has an effect. */
void stack_limit_recursion(PyThreadState *state);

/* limit_recursion() -> int */
PyObject *stack_limit_current(PyObject *module, PyObject *unused);

/* set_recursion_limit(original, limit) -> int */
PyObject *stack_set_recursion_limit(PyObject *module, PyObject *args);

#endif
