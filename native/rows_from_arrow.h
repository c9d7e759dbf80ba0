/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of Arrow columns, with all values created. */
#ifndef PYFLINK_ML_EMBEDDED_ROWS_FROM_ARROW_H
#define PYFLINK_ML_EMBEDDED_ROWS_FROM_ARROW_H

#include "column.h"

/* Returns a new Row with all values created, or NULL with an exception set. */
PyObject *row_from_arrow(const Columns *columns, int64_t row);

/* Returns a new list of the Rows from start to before end, or NULL with an exception set. */
PyObject *rows_from_arrow(const Columns *columns, int64_t start, int64_t end);

#endif
