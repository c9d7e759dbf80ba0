/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the cells of a row, or of a STRUCT in it, by position or by name.

   Converting a value may run user code (__index__, __iter__), which may change the list
   that is being read. So every object is owned while it is converted, and every access to a list
   checks its length again. */

#include "record_cells.h"

#include "conversion_error.h"
#include "record_names.h"
#include "row.h"
#include "value_to_arrow.h"

int
raise_wrong_arity(const Record *record, Py_ssize_t given)
{
    const Columns *columns = record->columns;
    PyObject *separator = PyUnicode_FromString(", ");
    PyObject *expected = separator == NULL ? NULL : PyUnicode_Join(separator, record->names);
    Py_XDECREF(separator);
    if (expected != NULL && record->parent != NULL) {
        raise_conversion_error(columns, record->parent, "got a row of %zd values, %U has %zd (%U)",
                               given, record->parent->type, record->count, expected);
    }
    else if (expected != NULL) {
        raise_conversion_error(columns, NULL,
                               "got a row of %zd values, the model's %s has %zd (%U)%s", given,
                               columns->role, record->count, expected,
                               record->count == 1 && record->first->codec->layout == LIST
                                   ? "; a list is a row: return [(value,)]"
                                   : "");
    }
    Py_XDECREF(expected);
    return -1;
}

int
sequence_to_arrow(const Record *record, int64_t row, PyObject *values)
{
    bool is_list = PyList_Check(values);
    bool is_tuple = PyTuple_Check(values);
    Py_ssize_t count = Py_SIZE(values);
    Column *column = record->first;

    if (count != record->count) {
        return raise_wrong_arity(record, count);
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
            return raise_wrong_arity(record, PyList_GET_SIZE(values));
        }
        if (take_value_to_arrow(record->columns, column, row, value) < 0) {
            return -1;
        }
        column += column->span;
    }
    return 0;
}

/* Makes NamesMismatch, if it is set, a ConversionError. Returns -1. Borrows value, whose names they
   are. */
static int
raise_names_mismatch(const Record *record, PyObject *value)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    PyObject *module = PyImport_ImportModule("pyflink_ml_embedded._names");
    PyObject *mismatch = module == NULL ? NULL : PyObject_GetAttrString(module, "NamesMismatch");
    PyObject *reason = mismatch == type ? PyObject_Str(error) : NULL;
    Py_XDECREF(mismatch);
    Py_XDECREF(module);
    PyErr_Clear();
    if (reason == NULL) {
        PyErr_Restore(type, error, traceback);
        return -1;
    }
    raise_conversion_error(record->columns, record->parent,
                           "got a %.200s whose names do not fit: %U", Py_TYPE(value)->tp_name,
                           reason);
    Py_DECREF(reason);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(traceback);
    return -1;
}

/* Writes the cells of an object in this order, NULL for that of its names. Returns 0, or -1 with an
   exception set. Borrows object and names. */
static int
ordered_to_arrow(const Record *record, int64_t row, PyObject *object, PyObject *names,
                 const Py_ssize_t *order, GetValue get)
{
    Column *column = record->first;

    for (Py_ssize_t i = 0; i < record->count; i++) {
        PyObject *value = get(object, names, order == NULL ? i : order[i]);
        if (take_value_to_arrow(record->columns, column, row, value) < 0) {
            return -1;
        }
        column += column->span;
    }
    return 0;
}

int
named_to_arrow(const Record *record, int64_t row, PyObject *object, PyObject *names, GetValue get)
{
    const Py_ssize_t *order;

    if (PyTuple_GET_SIZE(names) != record->count) {
        return raise_wrong_arity(record, PyTuple_GET_SIZE(names));
    }
    if (order_by_names(record->known_names, record->names, names, &order) < 0) {
        return raise_names_mismatch(record, object);
    }
    return ordered_to_arrow(record, row, object, names, order, get);
}

int
keyed_to_arrow(const Record *record, int64_t row, PyObject *object, PyObject *names, GetValue get)
{
    const Py_ssize_t *order;

    if (PyTuple_GET_SIZE(names) > record->count) {
        return raise_wrong_arity(record, PyTuple_GET_SIZE(names));
    }
    if (order_by_keys(record->known_names, record->names, names, &order) < 0) {
        return raise_names_mismatch(record, object);
    }
    return ordered_to_arrow(record, row, object, names, order, get);
}
