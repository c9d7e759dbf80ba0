/* SPDX-License-Identifier: Apache-2.0 */
/* When Python looks for what calls have changed for the whole process. */
#ifndef PYFLINK_ML_EMBEDDED_PROCESS_CHECK_H
#define PYFLINK_ML_EMBEDDED_PROCESS_CHECK_H

#include "native.h"

/* METH_O. */
PyObject *process_check_set(PyObject *module, PyObject *check);

/* Lets Python look after one of the first calls of a function, or if the last look is a second ago.
   Keeps the exception that is set. */
void process_check_run(NativeState *state, bool is_first);

#endif
