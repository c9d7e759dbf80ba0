/* SPDX-License-Identifier: Apache-2.0 */
/* Columns from the fields of a request: their description and their first memory. */

#include "columns_from_fields.h"

#include "codec_decimal.h"
#include "codec_table.h"
#include "memory.h"

/* Returns a new reference to field[key], or NULL, with an exception set unless the key is missing.
   Borrows field and key. */
static PyObject *
get_optional(PyObject *field, const char *key)
{
    PyObject *value = PyMapping_GetItemString(field, key);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
    }
    return value;
}

/* Fills *number from the optional field[key]. Returns 0, or -1 with an exception set. */
static int
get_optional_int(PyObject *field, const char *key, int *number)
{
    PyObject *value = get_optional(field, key);
    if (value == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    long wide = PyLong_AsLong(value);
    Py_DECREF(value);
    if (wide == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (wide < 0 || wide > INT32_MAX) {
        PyErr_Format(PyExc_ValueError, "field '%s' is out of range", key);
        return -1;
    }
    *number = (int)wide;
    return 0;
}

/* Returns field[key] as a new str, or NULL with an exception set. */
static PyObject *
get_str(PyObject *field, const char *key)
{
    PyObject *value = PyMapping_GetItemString(field, key);
    if (value != NULL && !PyUnicode_CheckExact(value)) {
        PyErr_Format(PyExc_TypeError, "field '%s' must be str, not %.200s", key,
                     Py_TYPE(value)->tp_name);
        Py_CLEAR(value);
    }
    return value;
}

/* Returns the optional field["children"] as a new tuple, or NULL with an exception set. */
static PyObject *
get_children(PyObject *field)
{
    PyObject *children = get_optional(field, "children");
    if (children == NULL) {
        return PyErr_Occurred() ? NULL : PyTuple_New(0);
    }
    Py_SETREF(children, PySequence_Tuple(children));
    return children;
}

/* Fills one column, without its children, from a dict of the request. Returns 0, or -1 with an
   exception set. Takes path. */
static int
describe_column(Column *column, PyObject *field, PyObject *path)
{
    int fraction_digits = -1;
    int length = INT32_MAX;
    PyObject *nullable = NULL;
    int status = -1;

    column->path = path;
    if (path == NULL || (column->name = get_str(field, "name")) == NULL ||
        (column->type = get_str(field, "type")) == NULL ||
        (column->format = get_str(field, "arrow")) == NULL ||
        (nullable = PyMapping_GetItemString(field, "nullable")) == NULL ||
        get_optional_int(field, "precision", &fraction_digits) < 0 ||
        get_optional_int(field, "length", &length) < 0) {
        goto done;
    }
    PyUnicode_InternInPlace(&column->name);
    column->length = length;
    column->ticks_kept = 1;
    column->span = 1;
    int is_nullable = PyObject_IsTrue(nullable);
    const char *format = PyUnicode_AsUTF8(column->format);
    if (is_nullable < 0 || format == NULL || column_set_format(column, format) < 0) {
        goto done;
    }
    column->nullable = is_nullable == 1;
    if (column->codec->ticks_per_second != 0 && fraction_digits >= 0) {
        column->ticks_kept = column->codec->ticks_per_second;
        for (int i = 0; i < fraction_digits && column->ticks_kept > 1; i++) {
            column->ticks_kept /= 10;
        }
    }
    status = 0;
done:
    Py_XDECREF(nullable);
    return status;
}

/* Returns how many columns fields are, with those of the fields of each STRUCT, or -1 with an
   exception set. Borrows fields, a tuple. */
static Py_ssize_t
count_columns(PyObject *fields)
{
    Py_ssize_t count = PyTuple_GET_SIZE(fields);

    for (Py_ssize_t i = 0; count >= 0 && i < PyTuple_GET_SIZE(fields); i++) {
        PyObject *field = PyTuple_GET_ITEM(fields, i);
        PyObject *format = get_str(field, "arrow");
        if (format == NULL) {
            return -1;
        }
        bool is_struct = PyUnicode_CompareWithASCIIString(format, "+s") == 0;
        Py_DECREF(format);
        if (is_struct) {
            PyObject *children = get_children(field);
            Py_ssize_t inner = -1;
            if (children != NULL && Py_EnterRecursiveCall(" in a nested type") == 0) {
                inner = count_columns(children);
                Py_LeaveRecursiveCall();
            }
            Py_XDECREF(children);
            count = inner < 0 ? -1 : count + inner;
        }
    }
    return count;
}

/* What is the same for all columns of one side. */
typedef struct {
    NativeState *state;
    const char *role;
    Columns *root; /* NULL until it is there */
    bool numpy_arrays;
} Side;

static Columns *make_columns(Side *side, PyObject *fields, PyObject *around, const char *joint);

/* Returns a new reference to the numpy.dtype called name, or NULL with an exception set. Fills
   state->numpy_frombuffer. */
static PyObject *
find_dtype(NativeState *state, const char *name)
{
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (numpy == NULL) {
        return NULL;
    }
    PyObject *dtype = PyObject_CallMethod(numpy, "dtype", "s", name);
    if (state->numpy_frombuffer == NULL &&
        (state->numpy_frombuffer = PyObject_GetAttrString(numpy, "frombuffer")) == NULL) {
        Py_CLEAR(dtype);
    }
    Py_DECREF(numpy);
    return dtype;
}

/* Fills the rest of a LIST: its elements. Returns 0, or -1 with an exception set. */
static int
describe_list(Side *side, Column *column, PyObject *children)
{
    bool is_map = column->codec->kind == KIND_MAP;

    if (PyTuple_GET_SIZE(children) != 1) {
        PyErr_Format(PyExc_ValueError, "column '%U': a LIST has one child, not %zd", column->path,
                     PyTuple_GET_SIZE(children));
        return -1;
    }
    column->elements = make_columns(side, children, column->path, is_map ? "" : "[]");
    if (column->elements == NULL) {
        return -1;
    }
    const Column *element = &column->elements->columns[0];
    if (is_map &&
        (element->codec->layout != STRUCT || PyTuple_GET_SIZE(element->field_names) != 2)) {
        PyErr_Format(PyExc_ValueError, "column '%U': the child of a MAP has a key and a value",
                     column->path);
        return -1;
    }
    if (side->numpy_arrays && !is_map && element->codec->dtype != NULL) {
        column->dtype = find_dtype(side->state, element->codec->dtype);
        return column->dtype == NULL ? -1 : 0;
    }
    return 0;
}

/* Returns a new str: the path of the element or field called name of the column at around. Borrows
   around, which may be NULL, and name. */
static PyObject *
join_path(PyObject *around, const char *joint, PyObject *name)
{
    if (around == NULL) {
        return Py_NewRef(name);
    }
    return *joint == '.' ? PyUnicode_FromFormat("%U.%U", around, name)
                         : PyUnicode_FromFormat("%U%s", around, joint);
}

static Py_ssize_t describe_columns(Side *side, Columns *columns, Py_ssize_t index, PyObject *fields,
                                   PyObject *around, const char *joint);

/* Fills what is below the column at index: fields of a STRUCT, elements of a LIST. Returns the
   index after the column and its fields, or -1 with an exception set. Borrows children, a tuple. */
static Py_ssize_t
describe_children(Side *side, Columns *columns, Py_ssize_t index, PyObject *children)
{
    Column *column = &columns->columns[index];
    Py_ssize_t next = index + 1;

    if (Py_EnterRecursiveCall(" in a nested type")) {
        return -1;
    }
    if (column->codec->layout == STRUCT) {
        next = describe_columns(side, columns, next, children, column->path, ".");
    }
    else if (column->codec->layout == LIST && describe_list(side, column, children) < 0) {
        next = -1;
    }
    Py_LeaveRecursiveCall();
    return next;
}

/* Fills columns from index on with fields. Returns the index after them, or -1 with an exception
   set. Borrows fields, a tuple, and around, which may be NULL. */
static Py_ssize_t
describe_columns(Side *side, Columns *columns, Py_ssize_t index, PyObject *fields, PyObject *around,
                 const char *joint)
{
    for (Py_ssize_t i = 0; index >= 0 && i < PyTuple_GET_SIZE(fields); i++) {
        if (index >= Py_SIZE(columns)) {
            PyErr_SetString(PyExc_ValueError, "the fields changed while they were read");
            return -1;
        }
        PyObject *field = PyTuple_GET_ITEM(fields, i);
        Column *column = &columns->columns[index];
        PyObject *name = get_str(field, "name");
        PyObject *children = name == NULL ? NULL : get_children(field);
        Py_ssize_t next = -1;

        if (children != NULL &&
            describe_column(column, field, join_path(around, joint, name)) == 0) {
            next = describe_children(side, columns, index, children);
            column->span = next - index;
        }
        Py_XDECREF(children);
        Py_XDECREF(name);
        index = next;
    }
    return index;
}

/* Returns a new tuple of the names of count columns from the first on, each behind the span of the
   one before; or NULL with an exception set. Fills fields, where it is not NULL, with the
   columns. */
static PyObject *
list_fields(Column *first, Py_ssize_t count, Column **fields)
{
    PyObject *names = PyTuple_New(count);

    for (Py_ssize_t i = 0; names != NULL && i < count; i++) {
        PyTuple_SET_ITEM(names, i, Py_NewRef(first->name));
        if (fields != NULL) {
            fields[i] = first;
        }
        first += first->span;
    }
    return names;
}

/* Fills what columns know of their fields. Returns 0, or -1 with an exception set. */
static int
list_all_fields(Columns *columns)
{
    columns->fields = PyMem_New(Column *, columns->field_count + 1);
    if (columns->fields == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    columns->names = list_fields(&columns->columns[0], columns->field_count, columns->fields);
    return columns->names == NULL ? -1 : 0;
}

/* Returns the number of fields of a STRUCT. */
static Py_ssize_t
count_fields(const Column *column)
{
    Py_ssize_t count = 0;
    for (const Column *field = column + 1; field < column + column->span; field += field->span) {
        count++;
    }
    return count;
}

/* Fills what follows from the description of the columns, and makes their memory. Returns 0, or -1
   with an exception set. */
static int
complete_columns(Columns *columns)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        Column *column = &columns->columns[i];
        columns->has_lists = columns->has_lists || column->codec->layout == LIST;
        columns->has_containers =
            columns->has_containers || columns->has_lists || column->codec->layout == STRUCT;
        if (column->codec->layout == STRUCT &&
            (column->field_names = list_fields(column + 1, count_fields(column), NULL)) == NULL) {
            return -1;
        }
        if (column->codec->kind == KIND_DECIMAL &&
            (column->unit = decimal_unit(columns->state, column->scale)) == NULL) {
            return -1;
        }
        if (column->codec->layout == VARIABLE_WIDTH &&
            column_reserve_data(columns, column, 1) < 0) {
            return -1;
        }
    }
    return list_all_fields(columns) < 0 || columns_reserve(columns, 1) < 0 ? -1 : 0;
}

/* Returns new columns of fields, or NULL with an exception set. Borrows fields, a tuple, and
   around, the path of the LIST that they are elements of, or NULL. */
static Columns *
make_columns(Side *side, PyObject *fields, PyObject *around, const char *joint)
{
    Py_ssize_t count = count_columns(fields);
    if (count < 0) {
        return NULL;
    }
    PyTypeObject *type = side->state->columns_type;
    Columns *columns = (Columns *)type->tp_alloc(type, count);
    if (columns == NULL) {
        return NULL;
    }
    columns->state = side->state;
    columns->role = side->role;
    side->root = side->root == NULL ? columns : side->root;
    columns->root = side->root;
    columns->field_count = PyTuple_GET_SIZE(fields);
    Py_ssize_t described = describe_columns(side, columns, 0, fields, around, joint);
    if (described >= 0 && described < count) {
        PyErr_SetString(PyExc_ValueError, "the fields changed while they were read");
        described = -1;
    }
    if (described < 0 || complete_columns(columns) < 0) {
        Py_DECREF(columns);
        return NULL;
    }
    return columns;
}

Columns *
columns_from_fields(NativeState *state, const char *role, PyObject *fields, bool numpy_arrays)
{
    Side side = {.state = state, .role = role, .numpy_arrays = numpy_arrays};

    PyObject *tuple = PySequence_Tuple(fields);
    if (tuple == NULL) {
        return NULL;
    }
    Columns *columns = make_columns(&side, tuple, NULL, "");
    Py_DECREF(tuple);
    if (columns != NULL) {
        columns->moved = false;
    }
    return columns;
}
