/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the result of predict to Columns. */
#ifndef PYFLINK_ML_EMBEDDED_ROWS_TO_ARROW_H
#define PYFLINK_ML_EMBEDDED_ROWS_TO_ARROW_H

#include "column.h"

/* Writes one item of the result of predict. Returns 0, or -1 with an exception set. Borrows
   item. */
int row_to_arrow(Columns *columns, int64_t row, PyObject *item);

/* Appends the result of predict as rows from *count on. Returns 0, or -1 with an exception set.
   Borrows result. */
int append_results(Columns *columns, PyObject *result, Py_ssize_t *count);

/* Fills columns, a root, with the result of predict. Returns the number of rows, or -1 with an
   exception set. Borrows result. */
Py_ssize_t rows_to_arrow(Columns *columns, PyObject *result);

#endif
