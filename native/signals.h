/* SPDX-License-Identifier: Apache-2.0 */
/* The signal handlers of the JVM, and what changes in a forked child of it. */
#ifndef PYFLINK_ML_EMBEDDED_SIGNALS_H
#define PYFLINK_ML_EMBEDDED_SIGNALS_H

#include "native.h"

/* METH_NOARGS. */
PyObject *signals_guard(PyObject *module, PyObject *unused);
PyObject *signals_restore(PyObject *module, PyObject *unused);

/* Puts the JVM's handlers back where a call of the model has replaced them, and logs it. Keeps the
   exception that is set. Borrows model. */
void signals_check(PyObject *model);

/* Whether this process is a forked child of the JVM, which must not enter Java. */
bool signals_in_child(void);

/* Ends this process, a forked child of the JVM, as a script ends: with the exception that is set,
   or without one. Does not return. */
void signals_exit_child(void);

#endif
