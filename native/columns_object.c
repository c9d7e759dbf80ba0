/* The columns of one side of a model, made from the request's fields. */

#include "column.h"

#include <string.h>

/* In bytes; enough for a short text, so that most columns never grow. */
#define FIRST_DATA_CAPACITY 256

/* Returns a new reference to fields[key], or NULL, with an exception set unless the key is missing.
   Borrows fields and key. */
static PyObject *
get_item(PyObject *fields, const char *key)
{
    PyObject *value = PyMapping_GetItemString(fields, key);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
    }
    return value;
}

/* Fills *number from the optional fields[key]. Returns 0, or -1 with an exception set. */
static int
get_optional_int(PyObject *fields, const char *key, int *number)
{
    PyObject *value = get_item(fields, key);
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

/* Returns fields[key] as a new str, or NULL with an exception set. */
static PyObject *
get_str(PyObject *fields, const char *key)
{
    PyObject *value = PyMapping_GetItemString(fields, key);
    if (value != NULL && !PyUnicode_CheckExact(value)) {
        PyErr_Format(PyExc_TypeError, "field '%s' must be str, not %.200s", key,
                     Py_TYPE(value)->tp_name);
        Py_CLEAR(value);
    }
    return value;
}

/* Fills column from one dict of the request. Returns 0, or -1 with an exception set. */
static int
describe_column(Column *column, PyObject *field)
{
    int fraction_digits = -1;
    int length = INT32_MAX;
    PyObject *arrow = NULL;
    PyObject *nullable = NULL;
    int status = -1;

    if ((column->name = get_str(field, "name")) == NULL ||
        (column->type = get_str(field, "type")) == NULL ||
        (arrow = get_str(field, "arrow")) == NULL ||
        (nullable = PyMapping_GetItemString(field, "nullable")) == NULL ||
        get_optional_int(field, "precision", &fraction_digits) < 0 ||
        get_optional_int(field, "length", &length) < 0) {
        goto done;
    }
    PyUnicode_InternInPlace(&column->name);
    column->length = length;
    column->ticks_kept = 1;
    int is_nullable = PyObject_IsTrue(nullable);
    const char *format = PyUnicode_AsUTF8(arrow);
    if (is_nullable < 0 || format == NULL || column_set_format(column, format) < 0) {
        goto done;
    }
    column->nullable = is_nullable == 1;
    if (column->ticks_per_second != 0 && fraction_digits >= 0) {
        column->ticks_kept = column->ticks_per_second;
        for (int i = 0; i < fraction_digits && column->ticks_kept > 1; i++) {
            column->ticks_kept /= 10;
        }
    }
    status = 0;
done:
    Py_XDECREF(arrow);
    Py_XDECREF(nullable);
    return status;
}

Columns *
columns_from_fields(NativeState *state, const char *role, PyObject *fields)
{
    PyObject *list = PySequence_List(fields);
    if (list == NULL) {
        return NULL;
    }
    Py_ssize_t count = PyList_GET_SIZE(list);
    Columns *columns = PyObject_NewVar(Columns, state->columns_type, count);
    if (columns == NULL) {
        Py_DECREF(list);
        return NULL;
    }
    /* PyObject_NewVar fills the header only. */
    columns->state = state;
    columns->role = role;
    columns->names = NULL;
    columns->arena = NULL;
    columns->arena_size = 0;
    columns->capacity = 0;
    columns->variable_count = 0;
    columns->moved = false;
    memset(columns->columns, 0, (size_t)count * sizeof(Column));
    if ((columns->names = PyTuple_New(count)) == NULL) {
        goto failed;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Column *column = &columns->columns[i];
        if (describe_column(column, PyList_GET_ITEM(list, i)) < 0) {
            goto failed;
        }
        Py_INCREF(column->name);
        PyTuple_SET_ITEM(columns->names, i, column->name);
    }
    if (columns_reserve(columns, 1) < 0) {
        goto failed;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Column *column = &columns->columns[i];
        if (!column->codec->variable) {
            continue;
        }
        columns->variable_count++;
        if (column_reserve_data(columns, column, FIRST_DATA_CAPACITY) < 0) {
            goto failed;
        }
    }
    columns->moved = false;
    Py_DECREF(list);
    return columns;
failed:
    Py_DECREF(list);
    Py_DECREF(columns);
    return NULL;
}

static void
columns_dealloc(Columns *self)
{
    PyTypeObject *type = Py_TYPE(self);

    columns_free_memory(self);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_XDECREF(self->columns[i].name);
        Py_XDECREF(self->columns[i].type);
    }
    Py_XDECREF(self->names);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot columns_slots[] = {
    {Py_tp_dealloc, columns_dealloc},
    {0, NULL},
};

PyType_Spec columns_spec = {
    .name = "pyflink_ml_embedded._native.Columns",
    .basicsize = offsetof(Columns, columns),
    .itemsize = sizeof(Column),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = columns_slots,
};
