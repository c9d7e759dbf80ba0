/* What predict returned to Arrow columns, checked against the model's OUTPUT.

   Converting a value may run code of the user (__index__, __iter__), which may change the list
   that is being read. So every object is owned while it is converted, and every access to a list
   checks its length again. */

#include "column.h"

#include <string.h>

/* Writes one cell. Returns 0, or -1 with an exception set. Borrows value. */
static int
value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int status = value == Py_None ? WRITE_NULL : column->codec->write(columns, column, row, value);

    if (status == WRITE_FAILED) {
        return -1;
    }
    if (status == WRITE_NULL) {
        if (!column->nullable) {
            return raise_conversion_error(columns, column, "null in a column of type %U",
                                          column->type);
        }
        if (column->codec->variable && columns_append_bytes(columns, column, row, NULL, 0) < 0) {
            return -1;
        }
    }
    set_bit(columns->arena + column->validity_offset, row, status == WRITE_VALUE);
    return 0;
}

/* Writes the value that it takes, which may be NULL with an exception set. Returns 0, or -1 with an
   exception set. */
static int
take_value_to_arrow(Columns *columns, Py_ssize_t index, int64_t row, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int status = value_to_arrow(columns, &columns->columns[index], row, value);
    Py_DECREF(value);
    return status;
}

static int
raise_wrong_arity(const Columns *columns, Py_ssize_t given)
{
    PyObject *separator = PyUnicode_FromString(", ");
    PyObject *expected = separator == NULL ? NULL : PyUnicode_Join(separator, columns->names);
    Py_XDECREF(separator);
    if (expected != NULL) {
        raise_conversion_error(columns, NULL,
                               "got a row of %zd values, the model's %s has %zd (%U)", given,
                               columns->role, Py_SIZE(columns), expected);
        Py_DECREF(expected);
    }
    return -1;
}

/* Writes the cells of a Row, tuple or list by position. Borrows values. */
static int
sequence_to_arrow(Columns *columns, int64_t row, PyObject *values)
{
    bool is_list = PyList_Check(values);
    bool is_tuple = PyTuple_Check(values);
    Py_ssize_t count = Py_SIZE(values);

    if (count != Py_SIZE(columns)) {
        return raise_wrong_arity(columns, count);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value;
        if (is_tuple) {
            value = Py_NewRef(PyTuple_GET_ITEM(values, i));
        }
        else if (!is_list) {
            value = row_get(values, i);
        }
        else if (i < PyList_GET_SIZE(values)) {
            value = Py_NewRef(PyList_GET_ITEM(values, i));
        }
        else {
            return raise_wrong_arity(columns, PyList_GET_SIZE(values));
        }
        if (take_value_to_arrow(columns, i, row, value) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Writes the cells of a dict by name. Borrows values. */
static int
dict_to_arrow(Columns *columns, int64_t row, PyObject *values)
{
    if (PyDict_GET_SIZE(values) > Py_SIZE(columns)) {
        return raise_wrong_arity(columns, PyDict_GET_SIZE(values));
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        Column *column = &columns->columns[i];
        PyObject *value = PyDict_GetItemWithError(values, column->name);
        if (value == NULL) {
            return PyErr_Occurred() ? -1
                                    : raise_conversion_error(
                                          columns, column,
                                          "missing in the dict");
        }
        if (take_value_to_arrow(columns, i, row, Py_NewRef(value)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Whether names has exactly the names of columns, in any order: 1, 0, or -1 with an exception set.
   Borrows names, a tuple or list. */
static int
are_output_names(const Columns *columns, PyObject *names)
{
    if (PySequence_Fast_GET_SIZE(names) != Py_SIZE(columns)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        int found = PySequence_Contains(names, columns->columns[i].name);
        if (found != 1) {
            return found;
        }
    }
    return 1;
}

/* Writes a Row: by name where its names are those of the OUTPUT, else by position. Borrows row. */
static int
row_to_arrow(Columns *columns, int64_t row_index, PyObject *row)
{
    PyObject *names = row_names(row);

    if (names == NULL || names == columns->names) {
        return sequence_to_arrow(columns, row_index, row);
    }
    int by_name = are_output_names(columns, names);
    if (by_name != 1) {
        return by_name < 0 ? -1 : sequence_to_arrow(columns, row_index, row);
    }
    Py_INCREF(names);
    int status = 0;
    for (Py_ssize_t i = 0; i < Py_SIZE(columns) && status == 0; i++) {
        Py_ssize_t position = PySequence_Index(names, columns->columns[i].name);
        status = position < 0
                     ? -1
                     : take_value_to_arrow(columns, i, row_index, row_get(row, position));
    }
    Py_DECREF(names);
    return status;
}

/* Returns a new Row with the names and values of a pyflink.common.Row, or NULL with an exception
   set. Borrows foreign. */
static PyObject *
row_from_pyflink_row(const Columns *columns, PyObject *foreign)
{
    PyObject *values = NULL;
    PyObject *names = NULL;
    PyObject *row = NULL;

    if ((values = PySequence_Tuple(foreign)) == NULL) {
        goto done;
    }
    PyObject *fields = PyObject_GetAttrString(foreign, "_fields");
    if (fields != NULL) {
        names = PySequence_Tuple(fields);
        Py_DECREF(fields);
        if (names == NULL) {
            goto done;
        }
    }
    else if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    else {
        goto done;
    }
    if (names != NULL && PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(values)) {
        raise_wrong_arity(columns, PyTuple_GET_SIZE(values));
        goto done;
    }
    row = row_from_values(columns->state, names, &PyTuple_GET_ITEM(values, 0),
                          PyTuple_GET_SIZE(values));
done:
    Py_XDECREF(values);
    Py_XDECREF(names);
    return row;
}

static bool
is_pyflink_row(PyObject *value)
{
    return strcmp(Py_TYPE(value)->tp_name, "Row") == 0 && PyObject_HasAttrString(value, "_values");
}

static bool
is_row(const Columns *columns, PyObject *value)
{
    return Py_IS_TYPE(value, columns->state->row_type);
}

/* Writes one item that predict returned. Returns 0, or -1 with an exception set. Borrows item. */
static int
item_to_arrow(Columns *columns, int64_t row, PyObject *item)
{
    if (is_row(columns, item)) {
        return row_to_arrow(columns, row, item);
    }
    if (PyTuple_Check(item) || PyList_Check(item)) {
        return sequence_to_arrow(columns, row, item);
    }
    if (PyDict_Check(item)) {
        return dict_to_arrow(columns, row, item);
    }
    if (is_pyflink_row(item)) {
        PyObject *own = row_from_pyflink_row(columns, item);
        if (own == NULL) {
            return -1;
        }
        int status = row_to_arrow(columns, row, own);
        Py_DECREF(own);
        return status;
    }
    if (Py_SIZE(columns) == 1) {
        return value_to_arrow(columns, &columns->columns[0], row, item);
    }
    return raise_conversion_error(columns, NULL,
                                  "got %.200s as a row; a row is a Row, tuple, list or dict, or a "
                                  "single value where the %s has one column",
                                  Py_TYPE(item)->tp_name, columns->role);
}

/* Appends one item as row *count. Returns 0, or -1 with an exception set. Borrows item. */
static int
append_item(Columns *columns, PyObject *item, Py_ssize_t *count)
{
    if (*count >= OUTPUT_MOVED - 1) {
        return raise_conversion_error(columns, NULL, "predict returned too many rows");
    }
    if (columns_reserve(columns, *count + 1) < 0 || item_to_arrow(columns, *count, item) < 0) {
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

Py_ssize_t
rows_to_arrow(Columns *columns, PyObject *result)
{
    Py_ssize_t count = 0;
    int status = 0;

    if (PyList_CheckExact(result)) {
        for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(result); i++) {
            PyObject *item = Py_NewRef(PyList_GET_ITEM(result, i));
            status = append_item(columns, item, &count);
            Py_DECREF(item);
        }
    }
    else if (is_row(columns, result) || PyDict_Check(result) || is_pyflink_row(result)) {
        status = append_item(columns, result, &count);
    }
    else if (PyUnicode_Check(result) || PyBytes_Check(result)) {
        status = raise_conversion_error(columns, NULL,
                                        "predict returned %.200s; it must return a list of rows",
                                        Py_TYPE(result)->tp_name);
    }
    else if (result != Py_None) {
        status = append_items(columns, result, &count);
    }
    return status < 0 ? -1 : count;
}
