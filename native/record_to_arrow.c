/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a row, or a STRUCT in it, to Arrow columns.

   Converting a value may run user code (__index__, __iter__), which may change the list
   that is being read. So every object is owned while it is converted, and every access to a list
   checks its length again. */

#include "record_to_arrow.h"

#include "conversion_error.h"
#include "python_util.h"
#include "row.h"

/* The columns of a row, or of the fields of a STRUCT. */
typedef struct {
    Columns *columns;
    Column *parent; /* the STRUCT, or NULL for a row */
    Column *first;  /* each next one follows the span of the one before */
    Py_ssize_t count;
    PyObject *names; /* borrowed tuple */
} Record;

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
value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int status = value == Py_None ? WRITE_NULL : column->codec->write(columns, column, row, value);

    if (status == WRITE_VALUE) {
        set_bit(columns->arena + column->validity_offset, row, true);
        return 0;
    }
    if (status == WRITE_FAILED) {
        return name_column(columns, column, value);
    }
    if (!column->nullable) {
        return raise_conversion_error(columns, column, "null in a column of type %U", column->type);
    }
    null_to_arrow(columns, column, row);
    return 0;
}

/* Writes the value that it takes, which may be NULL with an exception set. Returns 0, or -1 with an
   exception set. */
static int
take_value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int status = value_to_arrow(columns, column, row, value);
    Py_DECREF(value);
    return status;
}

static int
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

/* Writes the cells of a Row, tuple or list by position. Borrows values. */
static int
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

/* Writes the cells of a dict by name. Borrows values. */
static int
dict_to_arrow(const Record *record, int64_t row, PyObject *values)
{
    Column *column = record->first;

    if (PyDict_GET_SIZE(values) > record->count) {
        return raise_wrong_arity(record, PyDict_GET_SIZE(values));
    }
    for (Py_ssize_t i = 0; i < record->count; i++) {
        PyObject *value = PyDict_GetItemWithError(values, column->name);
        if (value == NULL) {
            return PyErr_Occurred()
                       ? -1
                       : raise_conversion_error(record->columns, column, "missing in the dict");
        }
        if (take_value_to_arrow(record->columns, column, row, Py_NewRef(value)) < 0) {
            return -1;
        }
        column += column->span;
    }
    return 0;
}

/* Whether names has exactly the names of the record, in any order: 1, 0, or -1 with an exception
   set. Borrows names, a tuple. */
static int
are_names_of(const Record *record, PyObject *names)
{
    if (PyTuple_GET_SIZE(names) != record->count) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < record->count; i++) {
        int found = PySequence_Contains(names, PyTuple_GET_ITEM(record->names, i));
        if (found != 1) {
            return found;
        }
    }
    return 1;
}

/* Writes a Row: by name where its names are those of the record, else by position. Borrows row. */
static int
own_row_to_arrow(const Record *record, int64_t row_index, PyObject *row)
{
    PyObject *names = row_names(row);

    if (names == NULL || names == record->names) {
        return sequence_to_arrow(record, row_index, row);
    }
    Py_INCREF(names); /* comparing may run code of the user, which may rename the fields */
    int status = are_names_of(record, names);
    if (status == 0) {
        status = sequence_to_arrow(record, row_index, row);
    }
    else if (status == 1) {
        Column *column = record->first;
        status = 0;
        for (Py_ssize_t i = 0; i < record->count && status == 0; i++) {
            Py_ssize_t position = PySequence_Index(names, column->name);
            status = position < 0 ? name_column(record->columns, column, row)
                                  : take_value_to_arrow(record->columns, column, row_index,
                                                        row_get(row, position));
            column += column->span;
        }
    }
    Py_DECREF(names);
    return status;
}

/* Returns a new Row with the names and values of a pyflink.common.Row, or NULL with an exception
   set. Borrows foreign. */
static PyObject *
row_from_pyflink_row(const Record *record, PyObject *foreign)
{
    PyObject *values = NULL;
    PyObject *names = NULL;
    PyObject *row = NULL;

    if ((values = PySequence_Tuple(foreign)) == NULL) {
        goto done;
    }
    PyObject *fields = NULL;
    if (find_attribute(foreign, "_fields", &fields) < 0) {
        goto done;
    }
    if (fields != NULL) {
        names = PySequence_Tuple(fields);
        Py_DECREF(fields);
        if (names == NULL) {
            goto done;
        }
    }
    if (names != NULL && PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(values)) {
        raise_wrong_arity(record, PyTuple_GET_SIZE(values));
        goto done;
    }
    row = row_from_values(record->columns->state, names, &PyTuple_GET_ITEM(values, 0),
                          PyTuple_GET_SIZE(values));
done:
    Py_XDECREF(values);
    Py_XDECREF(names);
    return row;
}

static bool
is_own_row(const Columns *columns, PyObject *value)
{
    return Py_IS_TYPE(value, columns->state->row_type);
}

/* Whether value is a Row of PyFlink: 1, 0, or -1 with an exception set. */
static int
is_pyflink_row(PyObject *value)
{
    PyObject *values = NULL;

    if (!has_type_name(value, "Row")) {
        return 0;
    }
    int status = find_attribute(value, "_values", &values);
    Py_XDECREF(values);
    return status;
}

int
is_row(const Columns *columns, PyObject *value)
{
    return is_own_row(columns, value) ? 1 : is_pyflink_row(value);
}

/* Returns what record_to_arrow fills. Borrows parent, which may be NULL. */
static Record
record_of(Columns *columns, Column *parent)
{
    return parent == NULL
               ? (Record){columns, NULL, &columns->columns[0], columns->field_count, columns->names}
               : (Record){columns, parent, parent + 1, PyTuple_GET_SIZE(parent->field_names),
                          parent->field_names};
}

int
record_to_arrow(Columns *columns, Column *parent, int64_t row, PyObject *value)
{
    Record record = record_of(columns, parent);

    if (is_own_row(columns, value)) {
        return own_row_to_arrow(&record, row, value);
    }
    if (PyTuple_Check(value) || PyList_Check(value)) {
        return sequence_to_arrow(&record, row, value);
    }
    if (PyDict_Check(value)) {
        return dict_to_arrow(&record, row, value);
    }
    int is_foreign_row = is_pyflink_row(value);
    if (is_foreign_row != 1) {
        return is_foreign_row < 0 ? -1 : 1;
    }
    PyObject *own = row_from_pyflink_row(&record, value);
    if (own == NULL) {
        return -1;
    }
    int status = own_row_to_arrow(&record, row, own);
    Py_DECREF(own);
    return status;
}
