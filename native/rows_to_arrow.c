/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the result of predict to Arrow columns, checked against the model's OUTPUT. As in
   record_cells.c, a conversion may run user code. */

#include "rows_to_arrow.h"

#include "conversion_error.h"
#include "memory.h"
#include "python_util.h"
#include "record_to_arrow.h"
#include "value_to_arrow.h"

/* Rows that are being appended. */
typedef struct {
    Columns *columns;
    Py_ssize_t *count;   /* of rows, those that were there before among them */
    PyObject *result;    /* borrowed: what predict returned */
    Py_ssize_t size;     /* of the result, or 0 where it is an iterator */
    bool are_array_rows; /* the items are those of a matrix, each one row of values */
} Rows;

/* Returns a new str: how one row is returned, by the names of the columns; or NULL with an
   exception set. */
static PyObject *
example_of_row(const Columns *columns)
{
    PyObject *example = NULL;
    PyObject *separator = PyUnicode_FromString(", ");
    PyObject *names = separator == NULL ? NULL : PyUnicode_Join(separator, columns->names);

    if (names != NULL) {
        example = PyUnicode_FromFormat(columns->field_count == 1 ? "[(%U,)]" : "[(%U)]", names);
    }
    Py_XDECREF(names);
    Py_XDECREF(separator);
    return example;
}

/* Raises that predict returned what is not rows. Returns -1. Borrows result. */
static int
raise_not_rows(const Columns *columns, PyObject *result)
{
    PyObject *example = example_of_row(columns);
    if (example != NULL) {
        raise_conversion_error(columns, NULL,
                               "predict returned %.200s; it must return a list of rows: %U",
                               Py_TYPE(result)->tp_name, example);
        Py_DECREF(example);
    }
    return -1;
}

/* Raises that an item of the result is not a row. Returns -1. Borrows item. */
static int
raise_not_a_row(const Columns *columns, PyObject *item)
{
    PyObject *example = example_of_row(columns);
    if (example != NULL) {
        raise_conversion_error(columns, NULL,
                               "got %.200s as a row; a row is a Row, tuple, list, dict or object "
                               "with fields, or a single value where the %s has one column; for "
                               "one row return %U",
                               Py_TYPE(item)->tp_name, columns->role, example);
        Py_DECREF(example);
    }
    return -1;
}

/* Raises that values may be the rows of a column, or together the value of one row. Returns -1.
   Borrows result. */
static int
raise_several_values(const Columns *columns, PyObject *result, Py_ssize_t size)
{
    return raise_conversion_error(columns, &columns->columns[0],
                                  "predict returned %zd values in a %.200s where the %s has one "
                                  "column; return [(v,) for v in values] for one row for each, or "
                                  "[(values,)] for one row whose ARRAY they are",
                                  size, Py_TYPE(result)->tp_name, columns->role);
}

static bool
is_array_column(const Columns *columns)
{
    return columns->field_count == 1 && columns->columns[0].codec->kind == KIND_LIST;
}

/* Writes an item that is not a record: the value of the one column. Returns 0, or -1 with an
   exception set. Borrows item. */
static int
single_value_to_arrow(const Rows *rows, PyObject *item)
{
    Columns *columns = rows->columns;
    bool is_number = PyFloat_Check(item) || PyLong_Check(item) || PyUnicode_Check(item);

    if (columns->field_count != 1) {
        return raise_not_a_row(columns, item);
    }
    if (rows->size > 1 && (!is_array_column(columns) || is_number)) {
        return raise_several_values(columns, rows->result, rows->size);
    }
    return value_to_arrow(columns, &columns->columns[0], *rows->count, item);
}

/* Writes an array of one dimension as a row. Returns 0, or -1 with an exception set. Borrows
   array. */
static int
array_row_to_arrow(const Rows *rows, PyObject *array)
{
    PyObject *values = PySequence_Tuple(array);
    if (values == NULL) {
        return -1;
    }
    int status = record_to_arrow(rows->columns, NULL, *rows->count, values);
    Py_DECREF(values);
    return status;
}

int
row_to_arrow(Columns *columns, int64_t row, PyObject *item)
{
    int status = record_to_arrow(columns, NULL, row, item);

    if (status == 1 && columns->field_count == 1) {
        return value_to_arrow(columns, &columns->columns[0], row, item);
    }
    return status == 1 ? raise_not_a_row(columns, item) : status;
}

/* Appends one item of the result. Returns 0, or -1 with an exception set. Borrows item. */
static int
append_item(const Rows *rows, PyObject *item)
{
    Columns *columns = rows->columns;

    if (*rows->count >= INPUT_MOVED - 1) {
        return raise_conversion_error(columns, NULL, "predict returned too many rows");
    }
    if (columns_reserve(columns, *rows->count + 1) < 0) {
        return -1;
    }
    int status = rows->are_array_rows ? array_row_to_arrow(rows, item)
                                      : record_to_arrow(columns, NULL, *rows->count, item);
    if (status == 1) {
        status = single_value_to_arrow(rows, item);
    }
    if (status == 0) {
        ++*rows->count;
    }
    return status;
}

/* Fills the size of the result, if it has one. Returns 0, or -1 with an exception set. */
static int
fill_size(Rows *rows)
{
    if (PyIter_Check(rows->result)) {
        return 0;
    }
    rows->size = PyObject_Size(rows->result);
    if (rows->size >= 0) {
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
        return -1;
    }
    PyErr_Clear();
    rows->size = 0;
    return 0;
}

/* Appends the items of the result, an iterable. Returns 0, or -1 with an exception set. */
static int
append_items(Rows *rows)
{
    PyObject *iterator = PyObject_GetIter(rows->result);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            raise_not_rows(rows->columns, rows->result);
        }
        return -1;
    }
    PyObject *item;
    int status = fill_size(rows);
    while (status == 0 && (item = PyIter_Next(iterator)) != NULL) {
        status = append_item(rows, item);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

/* Appends the items of a list, which code of the user may change meanwhile. Returns 0, or -1 with
   an exception set. Borrows list. */
static int
append_list(Rows *rows, PyObject *list)
{
    int status = 0;

    rows->size = PyList_GET_SIZE(list);
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(list, i));
        status = append_item(rows, item);
        Py_DECREF(item);
    }
    return status;
}

/* Returns the number of dimensions of an array of numpy, or -1 with an exception set. Borrows
   array. */
static long
count_dimensions(PyObject *array)
{
    PyObject *number = PyObject_GetAttrString(array, "ndim");
    if (number == NULL) {
        return -1;
    }
    long dimensions = PyLong_AsLong(number);
    Py_DECREF(number);
    return dimensions;
}

/* Returns how many ARRAYs are in one another in the one column; 0 for several columns. */
static long
count_nested_arrays(const Columns *columns)
{
    long depth = 0;
    while (is_array_column(columns)) {
        depth++;
        columns = columns->columns[0].elements;
    }
    return depth;
}

/* Appends an array of numpy: the values of the one column, or a matrix of rows. Returns 0, or -1
   with an exception set. */
static int
append_ndarray(Rows *rows)
{
    long depth = count_nested_arrays(rows->columns);
    long dimensions = count_dimensions(rows->result);

    if (dimensions < 0 && PyErr_Occurred()) {
        return -1;
    }
    if (depth > 0 && dimensions <= depth) {
        return raise_conversion_error(rows->columns, &rows->columns->columns[0],
                                      "predict returned a %.200s of %ld dimensions where the %s "
                                      "has one column; if it is the ARRAY of one row, return "
                                      "[(values,)]",
                                      Py_TYPE(rows->result)->tp_name, dimensions,
                                      rows->columns->role);
    }
    if (depth == 0 && dimensions > 2) {
        return raise_not_rows(rows->columns, rows->result);
    }
    rows->are_array_rows = depth == 0 && dimensions == 2;
    return append_items(rows);
}

/* Raises that a table cannot be taken apart, and says how its rows are got. Returns -1. Borrows
   table. */
static int
raise_table(const Columns *columns, PyObject *table)
{
    static const char *const ways[][2] = {
        {"itertuples", "frame.itertuples(index=False)"},
        {"iter_rows", "frame.iter_rows(named=True)"},
        {"to_pylist", "table.to_pylist()"},
    };
    const char *way = "a list of its rows";

    for (size_t i = 0; i < Py_ARRAY_LENGTH(ways); i++) {
        PyObject *method;
        int found = find_attribute(table, ways[i][0], &method);
        if (found < 0) {
            return -1;
        }
        Py_XDECREF(method);
        if (found == 1) {
            way = ways[i][1];
            break;
        }
    }
    return raise_conversion_error(columns, NULL,
                                  "predict returned a %.200s, whose items are columns; return %s",
                                  Py_TYPE(table)->tp_name, way);
}

/* Whether the value is a table of pandas, polars, pyarrow or the like. */
static bool
is_table(PyObject *value)
{
    return strstr(Py_TYPE(value)->tp_name, "DataFrame") != NULL ||
           has_type_name(value, "pyarrow.lib.Table") ||
           has_type_name(value, "pyarrow.lib.RecordBatch");
}

static bool
is_ndarray(PyObject *value)
{
    for (PyTypeObject *type = Py_TYPE(value); type != NULL; type = type->tp_base) {
        if (strcmp(type->tp_name, "numpy.ndarray") == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_text(PyObject *value)
{
    return PyUnicode_Check(value) || PyBytes_Check(value) || PyByteArray_Check(value) ||
           PyMemoryView_Check(value);
}

int
append_results(Columns *columns, PyObject *result, Py_ssize_t *count)
{
    Rows rows = {.columns = columns, .count = count, .result = result};

    if (PyList_CheckExact(result)) {
        return append_list(&rows, result);
    }
    if (result == Py_None) {
        return 0;
    }
    if (PyTuple_CheckExact(result) || PyGen_CheckExact(result)) {
        return append_items(&rows);
    }
    if (is_text(result)) {
        return raise_not_rows(columns, result);
    }
    if (is_ndarray(result)) {
        return append_ndarray(&rows);
    }
    int is_one_row = is_record(columns, result);
    if (is_one_row != 0) {
        return is_one_row < 0 ? -1 : append_item(&rows, result);
    }
    if (is_table(result)) {
        return raise_table(columns, result);
    }
    return append_items(&rows);
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
