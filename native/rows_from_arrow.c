/* SPDX-License-Identifier: Apache-2.0 */
/* Arrow columns to Python values. */

#include "rows_from_arrow.h"

#include "row.h"

/* Returns a new Row with all values created, hidden from the garbage collector; or NULL with an
   exception set. */
static PyObject *
read_row(const Columns *columns, int64_t row)
{
    Source source = source_of(columns);
    Row *result = row_new_empty(columns->state, columns->names, columns->field_count);

    for (Py_ssize_t i = 0; result != NULL && i < columns->field_count; i++) {
        result->values[i] = value_from_arrow(&source, columns->fields[i], row);
        if (result->values[i] == NULL) {
            Py_CLEAR(result);
        }
    }
    return (PyObject *)result;
}

PyObject *
row_from_arrow(const Columns *columns, int64_t row)
{
    PyObject *result = read_row(columns, row);
    if (result != NULL && columns->has_containers) {
        PyObject_GC_Track(result);
    }
    return result;
}

/* The list and its Rows are hidden from the garbage collector until they are complete: creating
   a value may run it, and its finalizers could find them. */
PyObject *
rows_from_arrow(const Columns *columns, int64_t start, int64_t end)
{
    Py_ssize_t count = (Py_ssize_t)(end - start);
    PyObject *list = PyList_New(count);
    if (list == NULL) {
        return NULL;
    }
    PyObject_GC_UnTrack(list);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *row = read_row(columns, start + i);
        if (row == NULL) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, row);
    }
    for (Py_ssize_t i = 0; columns->has_containers && i < count; i++) {
        PyObject_GC_Track(PyList_GET_ITEM(list, i));
    }
    PyObject_GC_Track(list);
    return list;
}
