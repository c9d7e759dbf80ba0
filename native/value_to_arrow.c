/* SPDX-License-Identifier: Apache-2.0 */
/* Writes nulls, and names the column of a value that cannot be written. */

#include "value_to_arrow.h"

#include "conversion_error.h"

/* Writes a null, and nulls of all fields of a STRUCT, whose offsets must continue. */
static void
null_to_arrow(Columns *columns, Column *column, int64_t row)
{
    if (has_offsets(column->codec)) {
        set_offset(columns, column, row + 1, offset_at(columns->arena, column, row));
    }
    for (Column *field = column + 1; field < column + column->span; field++) {
        if (has_offsets(field->codec)) {
            set_offset(columns, field, row + 1, offset_at(columns->arena, field, row));
        }
        set_bit(columns->arena + field->validity_offset, row, !field->nullable);
    }
    set_bit(columns->arena + column->validity_offset, row, false);
}

/* Makes the exception that is set the cause of a ConversionError, unless it is one. Returns -1.
   Borrows value. */
static int
name_column(const Columns *columns, const Column *column, PyObject *value)
{
    if (PyErr_ExceptionMatches(columns->state->conversion_error) ||
        PyErr_ExceptionMatches(PyExc_MemoryError) || !PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    return raise_conversion_error_from(columns, column, "%.200s cannot be a %U",
                                       Py_TYPE(value)->tp_name, column->type);
}

int
other_value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value, int status)
{
    if (status == WRITE_FAILED) {
        return name_column(columns, column, value);
    }
    if (!column->nullable) {
        return raise_conversion_error(columns, column, "null in a column of type %U", column->type);
    }
    null_to_arrow(columns, column, row);
    return 0;
}
