/* SPDX-License-Identifier: Apache-2.0 */
/* What predict_batch returned, one array for each column or a list of rows, to Arrow columns.

   Values that are converted one by one may run code of the user meanwhile, as in
   record_cells.c; arrays of numbers and of Arrow are copied without. */

#include "columns_from_arrays.h"

#include "conversion_error.h"
#include "import.h"
#include "imported_to_arrow.h"
#include "memory.h"
#include "number_type.h"
#include "numbers_to_arrow.h"
#include "python_util.h"
#include "rows_to_arrow.h"
#include "value_to_arrow.h"

/* Returns a new message with the number of a result, from 1, behind the column, or at the start
   where path is None; or NULL with an exception set. Borrows both. */
static PyObject *
message_with_result(PyObject *message, PyObject *path, int64_t row)
{
    const long long number = (long long)row + 1;
    PyObject *numbered = NULL;

    if (path == Py_None) {
        return PyUnicode_FromFormat("result %lld: %U", number, message);
    }
    PyObject *prefix = PyUnicode_FromFormat("column '%S'", path);
    if (prefix == NULL) {
        return NULL;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(prefix);
    if (PyUnicode_Tailmatch(message, prefix, 0, PyUnicode_GET_LENGTH(message), -1) == 1) {
        PyObject *rest = PyUnicode_Substring(message, length, PyUnicode_GET_LENGTH(message));
        if (rest != NULL) {
            numbered = PyUnicode_FromFormat("%U, result %lld%U", prefix, number, rest);
            Py_DECREF(rest);
        }
    }
    else {
        numbered = Py_NewRef(message);
    }
    Py_DECREF(prefix);
    return numbered;
}

/* Puts the number of a result in the message of the ConversionError that is set. The caller knows
   the row of an INPUT. Returns -1. */
static int
name_result(const Columns *columns, int64_t row)
{
    PyObject *type, *error, *traceback;
    PyObject *path = NULL, *message = NULL, *numbered = NULL;

    if (row < 0 || columns->role[0] == 'I' ||
        !PyErr_ExceptionMatches(columns->state->conversion_error)) {
        return -1;
    }
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if ((path = PyObject_GetAttrString(error, "column")) != NULL &&
        (message = PyObject_Str(error)) != NULL &&
        (numbered = message_with_result(message, path, row)) != NULL) {
        PyObject *args = PyTuple_Pack(1, numbered);
        if (args != NULL) {
            PyObject_SetAttrString(error, "args", args);
        }
        Py_XDECREF(args);
    }
    Py_XDECREF(numbered);
    Py_XDECREF(message);
    Py_XDECREF(path);
    PyErr_Restore(type, error, traceback);
    return -1;
}

/* Returns 0, or -1 with an exception set where an array has another length. */
static int
check_count(const Columns *columns, const Column *column, int64_t count, int64_t rows)
{
    if (count == rows) {
        return 0;
    }
    return raise_conversion_error(columns, column,
                                  "predict_batch returned %lld values for %lld rows",
                                  (long long)count, (long long)rows);
}

/* Raises ConversionError: value is not an array. Returns -1. */
static int
raise_not_an_array(const Columns *columns, const Column *column, PyObject *value)
{
    return raise_conversion_error(columns, column,
                                  "expected an array of values, such as numpy.ndarray, "
                                  "pyarrow.Array or list, got %.200s",
                                  Py_TYPE(value)->tp_name);
}

/* Writes the values of a list or tuple, which code of the user may change meanwhile. Returns as
   imported_to_arrow. Borrows values. */
static int
values_to_arrow(Columns *columns, Column *column, PyObject *values, int64_t rows, int64_t *failed)
{
    for (int64_t row = 0; row < rows; row++) {
        if (check_count(columns, column, PySequence_Fast_GET_SIZE(values), rows) < 0) {
            return -1;
        }
        PyObject *value = Py_NewRef(PySequence_Fast_GET_ITEM(values, (Py_ssize_t)row));
        int status = value_to_arrow(columns, column, row, value);
        Py_DECREF(value);
        if (status < 0) {
            *failed = row;
            return -1;
        }
    }
    return check_count(columns, column, PySequence_Fast_GET_SIZE(values), rows);
}

/* Writes an array of numbers for a column of numbers. Returns as imported_to_arrow. */
static int
vector_to_arrow(Columns *columns, Column *column, const Py_buffer *view, const NumberType *type,
                int64_t *failed)
{
    Numbers numbers = {type, view->buf, view->strides[0], view->shape[0]};
    return numbers_to_arrow(columns, column, 0, &numbers, failed);
}

/* Writes a matrix for an ARRAY of numbers, one row of it for each. Returns as
   imported_to_arrow. */
static int
matrix_to_arrow(Columns *columns, Column *column, const Py_buffer *view, const NumberType *type,
                int64_t *failed)
{
    Columns *elements = column->elements;
    int64_t rows = view->shape[0];
    int64_t width = view->shape[1];
    bool is_dense = view->strides[0] == width * view->strides[1];
    int64_t parts = is_dense && rows > 0 ? 1 : rows;

    if (columns_reserve(elements, rows * width) < 0) {
        return -1;
    }
    for (int64_t i = 0; i < parts; i++) {
        Numbers numbers = {type, (const char *)view->buf + i * view->strides[0], view->strides[1],
                           is_dense ? rows * width : width};
        if (numbers_to_arrow(elements, &elements->columns[0], i * width, &numbers, failed) < 0) {
            *failed /= width;
            return -1;
        }
    }
    set_bits(columns->arena + column->validity_offset, 0, rows);
    for (int64_t row = 0; row < rows; row++) {
        set_offset(columns, column, row + 1, (int32_t)((row + 1) * width));
    }
    return 0;
}

/* Writes a numpy array of one dimension or more whose items are numbers that can be copied. Returns
   1 where they are not, else as imported_to_arrow. */
static int
numbers_in_view_to_arrow(Columns *columns, Column *column, const Py_buffer *view, int64_t rows,
                         int64_t *failed)
{
    bool is_matrix = view->ndim == 2 && column->codec->kind == KIND_LIST;
    const Column *of_numbers = is_matrix ? &column->elements->columns[0] : column;
    bool is_bool = strcmp(view->format, "?") == 0;
    const NumberType *type = number_type_of_items(view->format, view->itemsize);

    if (check_count(columns, column, view->shape[0], rows) < 0) {
        return -1;
    }
    if ((view->ndim != 1 && !is_matrix) || (type == NULL && !is_bool) ||
        !takes_numbers(of_numbers, type)) {
        return 1;
    }
    return is_matrix ? matrix_to_arrow(columns, column, view, type, failed)
                     : vector_to_arrow(columns, column, view, type, failed);
}

/* Writes numbers of a numpy array while its buffer is locked. Returns as
   numbers_in_view_to_arrow. Borrows array. */
static int
ndarray_to_arrow(Columns *columns, Column *column, PyObject *array, int64_t rows, int64_t *failed)
{
    Py_buffer view;

    if (PyObject_GetBuffer(array, &view, PyBUF_STRIDED_RO | PyBUF_FORMAT) < 0) {
        PyErr_Clear(); /* times have no buffer */
        return 1;
    }
    int status = view.ndim == 0 ? raise_not_an_array(columns, column, array)
                                : numbers_in_view_to_arrow(columns, column, &view, rows, failed);
    PyBuffer_Release(&view);
    return status;
}

/* Writes what has __arrow_c_array__. Returns as imported_to_arrow. Borrows array. */
static int
arrow_array_to_arrow(Columns *columns, Column *column, PyObject *array, int64_t rows,
                     int64_t *failed)
{
    ImportedArray imported;

    if (import_array(array, &imported) < 0) {
        return -1;
    }
    int status = check_count(columns, column, imported.array.length, rows);
    if (status == 0) {
        status = imported_to_arrow(columns, column, &imported, rows, failed);
    }
    release_imported(&imported);
    return status;
}

/* Returns the values of an array or another sequence as a new list or tuple, or NULL with an
   exception set. Borrows array. */
static PyObject *
list_values(const Columns *columns, const Column *column, PyObject *array)
{
    PyObject *tolist = NULL;

    if (PyUnicode_Check(array) || PyBytes_Check(array) || PyByteArray_Check(array) ||
        PyDict_Check(array)) {
        raise_not_an_array(columns, column, array);
        return NULL;
    }
    /* tolist() of a numpy array may give other values than it has, int for numpy.datetime64. */
    if (!has_type_name(array, "numpy.ndarray") && find_attribute(array, "tolist", &tolist) < 0) {
        return NULL;
    }
    PyObject *values = NULL;
    if (tolist != NULL) {
        values = PyObject_CallNoArgs(tolist);
        Py_DECREF(tolist);
    }
    else if (PySequence_Check(array)) {
        values = PySequence_List(array);
    }
    else {
        raise_not_an_array(columns, column, array);
    }
    if (values != NULL && !PyList_Check(values)) {
        raise_not_an_array(columns, column, array);
        Py_CLEAR(values);
    }
    return values;
}

static int
has_arrow_array(PyObject *value)
{
    PyObject *method;
    int found = find_attribute(value, "__arrow_c_array__", &method);
    Py_XDECREF(method);
    return found;
}

/* Writes one column. Returns as imported_to_arrow. Borrows array. */
static int
array_to_arrow(Columns *columns, Column *column, PyObject *array, int64_t rows, int64_t *failed)
{
    if (PyList_Check(array) || PyTuple_Check(array)) {
        return values_to_arrow(columns, column, array, rows, failed);
    }
    if (has_type_name(array, "numpy.ndarray")) {
        int status = ndarray_to_arrow(columns, column, array, rows, failed);
        if (status <= 0) {
            return status;
        }
    }
    else {
        int is_arrow = has_arrow_array(array);
        if (is_arrow != 0) {
            return is_arrow < 0 ? -1 : arrow_array_to_arrow(columns, column, array, rows, failed);
        }
    }
    PyObject *values = list_values(columns, column, array);
    if (values == NULL) {
        return -1;
    }
    int status = values_to_arrow(columns, column, values, rows, failed);
    Py_DECREF(values);
    return status;
}

/* Makes an exception of other code the cause of a ConversionError. Returns -1. Borrows array. */
static int
name_column(const Columns *columns, const Column *column, PyObject *array)
{
    if (PyErr_ExceptionMatches(columns->state->conversion_error) ||
        PyErr_ExceptionMatches(PyExc_MemoryError) || !PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    return raise_conversion_error_from(columns, column, "%.200s cannot be read as an array of %U",
                                       Py_TYPE(array)->tp_name, column->type);
}

static int
raise_wrong_column_count(const Columns *columns, Py_ssize_t given)
{
    PyObject *separator = PyUnicode_FromString(", ");
    PyObject *names = separator == NULL ? NULL : PyUnicode_Join(separator, columns->names);
    if (names != NULL) {
        raise_conversion_error(columns, NULL,
                               "predict_batch returned %zd columns, the model's %s has %zd (%U)",
                               given, columns->role, columns->field_count, names);
    }
    Py_XDECREF(names);
    Py_XDECREF(separator);
    return -1;
}

/* Empties columns and reserves memory for this many rows. Returns 0, or -1 with an exception set.
 */
static int
begin_results(Columns *columns, int64_t rows)
{
    int status = columns_reset(columns, columns->rows);

    columns->rows = 0;
    if (status < 0) {
        return -1;
    }
    if (rows >= INPUT_MOVED) {
        return raise_conversion_error(columns, NULL, "predict_batch returned too many rows");
    }
    return columns_reserve(columns, rows);
}

int
arrays_to_arrow(Columns *columns, PyObject *arrays, int64_t rows)
{
    if (begin_results(columns, rows) < 0) {
        return -1;
    }
    if (PyTuple_GET_SIZE(arrays) != columns->field_count) {
        return raise_wrong_column_count(columns, PyTuple_GET_SIZE(arrays));
    }
    for (Py_ssize_t i = 0; i < columns->field_count; i++) {
        PyObject *array = PyTuple_GET_ITEM(arrays, i);
        int64_t failed = -1;
        if (array_to_arrow(columns, columns->fields[i], array, rows, &failed) < 0) {
            name_column(columns, columns->fields[i], array);
            return name_result(columns, failed);
        }
    }
    columns->rows = rows;
    return 0;
}

int
records_to_arrow(Columns *columns, PyObject *records, int64_t rows)
{
    if (begin_results(columns, rows) < 0) {
        return -1;
    }
    for (int64_t row = 0; row < rows; row++) {
        if (check_count(columns, NULL, PyList_GET_SIZE(records), rows) < 0) {
            return -1;
        }
        PyObject *record = Py_NewRef(PyList_GET_ITEM(records, (Py_ssize_t)row));
        int status = row_to_arrow(columns, row, record);
        Py_DECREF(record);
        if (status < 0) {
            return name_result(columns, row);
        }
    }
    if (check_count(columns, NULL, PyList_GET_SIZE(records), rows) < 0) {
        return -1;
    }
    columns->rows = rows;
    return 0;
}
