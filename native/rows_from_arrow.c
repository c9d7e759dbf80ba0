/* Arrow columns to Python values. */

#include "column.h"

PyObject *
value_from_arrow(const Columns *columns, const Column *column, const Buffers *buffers, int64_t row)
{
    if (!bit_is_set(buffers->validity, row)) {
        Py_RETURN_NONE;
    }
    return column->codec->read(columns, column, buffers, row);
}

PyObject *
row_from_arrow(Columns *columns, int64_t row)
{
    Py_ssize_t count = Py_SIZE(columns);
    PyObject **values = PyMem_Calloc((size_t)count + 1, sizeof(*values));

    if (values == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *result = NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        const Column *column = &columns->columns[i];
        Buffers buffers = {
            .validity = columns->arena + column->validity_offset,
            .values = columns->arena + column->values_offset,
            .data = column->data,
        };
        values[i] = value_from_arrow(columns, column, &buffers, row);
        if (values[i] == NULL) {
            goto done;
        }
    }
    result = row_from_values(columns->state, columns->names, values, count);
done:
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_XDECREF(values[i]);
    }
    PyMem_Free(values);
    return result;
}
