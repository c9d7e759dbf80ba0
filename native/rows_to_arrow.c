/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the result of predict to Arrow columns, checked against the model's OUTPUT. As in
   record_to_arrow.c, a conversion may run user code. */

#include "rows_to_arrow.h"

#include "conversion_error.h"
#include "memory.h"
#include "record_to_arrow.h"

int
row_to_arrow(Columns *columns, int64_t row, PyObject *item)
{
    int status = record_to_arrow(columns, NULL, row, item);

    if (status == 1 && columns->field_count == 1) {
        return value_to_arrow(columns, &columns->columns[0], row, item);
    }
    if (status == 1) {
        return raise_conversion_error(columns, NULL,
                                      "got %.200s as a row; a row is a Row, tuple, list or dict, "
                                      "or a single value where the %s has one column",
                                      Py_TYPE(item)->tp_name, columns->role);
    }
    return status;
}

/* Appends one item as row *count. Returns 0, or -1 with an exception set. Borrows item. */
static int
append_item(Columns *columns, PyObject *item, Py_ssize_t *count)
{
    if (*count >= INPUT_MOVED - 1) {
        return raise_conversion_error(columns, NULL, "predict returned too many rows");
    }
    if (columns_reserve(columns, *count + 1) < 0 || row_to_arrow(columns, *count, item) < 0) {
        return -1;
    }
    ++*count;
    return 0;
}

/* Appends the items of an iterable. Returns 0, or -1 with an exception set. Borrows items. */
static int
append_items(Columns *columns, PyObject *items, Py_ssize_t *count)
{
    PyObject *iterator = PyObject_GetIter(items);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            raise_conversion_error(columns, NULL,
                                   "predict returned %.200s; it must return a list of rows",
                                   Py_TYPE(items)->tp_name);
        }
        return -1;
    }
    PyObject *item;
    int status = 0;
    while (status == 0 && (item = PyIter_Next(iterator)) != NULL) {
        status = append_item(columns, item, count);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

int
append_results(Columns *columns, PyObject *result, Py_ssize_t *count)
{
    int status = 0;
    int is_one_row = PyDict_Check(result) ? 1 : is_row(columns, result);

    if (is_one_row < 0) {
        return -1;
    }
    if (PyList_CheckExact(result)) {
        for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(result); i++) {
            PyObject *item = Py_NewRef(PyList_GET_ITEM(result, i));
            status = append_item(columns, item, count);
            Py_DECREF(item);
        }
    }
    else if (is_one_row) {
        status = append_item(columns, result, count);
    }
    else if (PyUnicode_Check(result) || PyBytes_Check(result)) {
        status = raise_conversion_error(columns, NULL,
                                        "predict returned %.200s; it must return a list of rows",
                                        Py_TYPE(result)->tp_name);
    }
    else if (result != Py_None) {
        status = append_items(columns, result, count);
    }
    return status;
}

Py_ssize_t
rows_to_arrow(Columns *columns, PyObject *result)
{
    Py_ssize_t count = 0;
    int status = columns_reset(columns, columns->rows);

    columns->rows = 0;
    if (status < 0 || append_results(columns, result, &count) < 0) {
        return -1;
    }
    columns->rows = count;
    return count;
}
