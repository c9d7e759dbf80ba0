/* SPDX-License-Identifier: Apache-2.0 */
/* The stacks of Python's threads, printed without the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_STACKS_H
#define PYFLINK_ML_EMBEDDED_STACKS_H

#include "native.h"

/* keep_stacks(abort_signal, file_signal, file) */
PyObject *stacks_keep(PyObject *module, PyObject *args);

/* Prints the stacks to standard error, if the functions were kept. Async-signal-safe. */
void stacks_print(void);
bool stacks_are_kept(void);

/* Returns the stacks as text that the caller frees by free, or NULL. Needs no GIL. Without it, call
   this only where no thread runs Python code, or they may be those of different moments. */
char *stacks_read(void);

#endif
