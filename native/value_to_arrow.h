/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one value to a column. */
#ifndef PYFLINK_ML_EMBEDDED_VALUE_TO_ARROW_H
#define PYFLINK_ML_EMBEDDED_VALUE_TO_ARROW_H

#include "column.h"

/* Does the rest of value_to_arrow after WRITE_NULL or WRITE_FAILED. */
int
other_value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value, int status);

/* Writes one cell. Returns 0, or -1 with an exception set. Borrows value. */
static inline int
value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int status = value == Py_None ? WRITE_NULL : column->codec->write(columns, column, row, value);

    if (status != WRITE_VALUE) {
        return other_value_to_arrow(columns, column, row, value, status);
    }
    set_bit(columns->arena + column->validity_offset, row, true);
    return 0;
}

/* The same, but takes value, which may be NULL with an exception set. */
static inline int
take_value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int status = value_to_arrow(columns, column, row, value);
    Py_DECREF(value);
    return status;
}

#endif
