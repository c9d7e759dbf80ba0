/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an exception on its way to Java. */
#ifndef PYFLINK_ML_EMBEDDED_DESCRIBE_ERROR_H
#define PYFLINK_ML_EMBEDDED_DESCRIBE_ERROR_H

#include "native.h"

/* Returns a new str for the exception that is set, and clears it; or returns NULL without an
   exception when memory is exhausted. Borrows model and row; each may be NULL, and row_number 0.
   method is the method of the class that was called, if there is a row_number. */
PyObject *describe_error(const char *method, PyObject *model, int64_t row_number, PyObject *row);

/* The same for an exception outside of a row. */
PyObject *describe_step_error(void);

/* Returns a new str of the names of the classes of the exception that is set, the most derived one
   first, separated by commas; or NULL, without another exception, where they cannot be had. If
   memory was exhausted, what the exception kept is freed. */
PyObject *describe_classes(void);

#endif
