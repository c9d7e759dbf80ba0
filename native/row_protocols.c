/* SPDX-License-Identifier: Apache-2.0 */
/* What Row does as a sequence, a mapping, an object with attributes and a callable. */

#include "row_protocols.h"

#include "row.h"

Py_ssize_t
row_length(Row *self)
{
    return Py_SIZE(self);
}

PyObject *
row_item(Row *self, Py_ssize_t index)
{
    if (index < 0 || index >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "Row index out of range");
        return NULL;
    }
    return row_get((PyObject *)self, index);
}

/* Returns the value of an int or an object with __index__, or -1 with or without an exception
   set. */
static Py_ssize_t
index_from_object(PyObject *key)
{
    if (PyLong_CheckExact(key)) {
        Py_ssize_t index = PyLong_AsSsize_t(key);
        if (index != -1 || !PyErr_Occurred()) {
            return index;
        }
        PyErr_Clear(); /* the message of the next call is that of sequences */
    }
    return PyNumber_AsSsize_t(key, PyExc_IndexError);
}

PyObject *
row_subscript(Row *self, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t index = index_from_object(key);
        if (index == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return row_item(self, index < 0 ? index + Py_SIZE(self) : index);
    }
    if (PySlice_Check(key)) {
        PyObject *list = row_hidden_list(self);
        if (list == NULL) {
            return NULL;
        }
        PyObject *slice = PyObject_GetItem(list, key);
        Py_DECREF(list);
        return slice;
    }
    Py_ssize_t index = row_require_name(self, key);
    return index < 0 ? NULL : row_get((PyObject *)self, index);
}

/* Replaces the value at index, which is in range. Borrows value. */
static void
set_value(Row *self, Py_ssize_t index, PyObject *value)
{
    if (!PyObject_GC_IsTracked((PyObject *)self)) {
        PyObject_GC_Track(self);
    }
    Py_XSETREF(self->values[index], Py_NewRef(value));
}

static int
assign_slice(Row *self, PyObject *slice, PyObject *value)
{
    PyObject *list = row_hidden_list(self);
    int status = -1;

    if (list == NULL || PyObject_SetItem(list, slice, value) < 0) {
        goto done;
    }
    if (PyList_GET_SIZE(list) != Py_SIZE(self)) {
        PyErr_SetString(PyExc_ValueError, "the number of values of a Row cannot change");
        goto done;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        set_value(self, i, PyList_GET_ITEM(list, i));
    }
    status = 0;
done:
    Py_XDECREF(list);
    return status;
}

int
row_assign_subscript(Row *self, PyObject *key, PyObject *value)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "values of a Row cannot be deleted");
        return -1;
    }
    if (PySlice_Check(key)) {
        return assign_slice(self, key, value);
    }
    Py_ssize_t index;
    if (PyIndex_Check(key)) {
        index = index_from_object(key);
        if (index == -1 && PyErr_Occurred()) {
            return -1;
        }
        index += index < 0 ? Py_SIZE(self) : 0;
        if (index < 0 || index >= Py_SIZE(self)) {
            PyErr_SetString(PyExc_IndexError, "Row index out of range");
            return -1;
        }
    }
    else if ((index = row_require_name(self, key)) < 0) {
        return -1;
    }
    set_value(self, index, value);
    return 0;
}

int
row_contains(Row *self, PyObject *item)
{
    if (self->names != NULL) {
        PyObject *names = Py_NewRef(self->names);
        int found = PySequence_Contains(names, item);
        Py_DECREF(names);
        return found;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        PyObject *value = row_get((PyObject *)self, i);
        if (value == NULL) {
            return -1;
        }
        int equal = PyObject_RichCompareBool(value, item, Py_EQ);
        Py_DECREF(value);
        if (equal != 0) {
            return equal;
        }
    }
    return 0;
}

/* Whether a name is like those that Python and libraries look for in objects of all types. */
static bool
is_special(PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) > 0 && PyUnicode_READ_CHAR(name, 0) == '_';
}

/* Fields come after the attributes of the type, as in pyflink.common.Row. */
PyObject *
row_getattro(PyObject *self, PyObject *name)
{
    Row *row = (Row *)self;
    Py_ssize_t count = row->names == NULL ? 0 : PyTuple_GET_SIZE(row->names);

    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyTuple_GET_ITEM(row->names, i) == name) {
            int hidden = PyDict_Contains(Py_TYPE(self)->tp_dict, name);
            if (hidden != 0) {
                break;
            }
            return row_get(self, i);
        }
    }
    PyObject *value = PyObject_GenericGetAttr(self, name);
    if (value != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return value;
    }
    PyObject *error_type, *error, *traceback;
    PyErr_Fetch(&error_type, &error, &traceback);
    Py_ssize_t index = row_find_name(row, name);
    if (index >= 0) {
        value = row_get(self, index);
    }
    else if (!PyErr_Occurred() && is_special(name)) {
        PyErr_Restore(error_type, error, traceback);
        return NULL;
    }
    else if (!PyErr_Occurred()) {
        row_raise_no_field(row, PyExc_AttributeError, name);
    }
    Py_XDECREF(error_type);
    Py_XDECREF(error);
    Py_XDECREF(traceback);
    return value;
}

PyObject *
row_repr(Row *self)
{
    PyObject *parts = PyList_New(0);
    PyObject *joined = NULL;
    PyObject *separator = NULL;
    PyObject *text = NULL;

    if (parts == NULL) {
        return NULL;
    }
    int entered = Py_ReprEnter((PyObject *)self);
    if (entered != 0) {
        Py_DECREF(parts);
        return entered < 0 ? NULL : PyUnicode_FromString("Row(...)");
    }
    PyObject *names = Py_XNewRef(self->names);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        PyObject *value = row_get((PyObject *)self, i);
        if (value == NULL) {
            goto done;
        }
        PyObject *part = names == NULL
                             ? PyObject_Repr(value)
                             : PyUnicode_FromFormat("%S=%R", PyTuple_GET_ITEM(names, i), value);
        Py_DECREF(value);
        int status = part == NULL ? -1 : PyList_Append(parts, part);
        Py_XDECREF(part);
        if (status < 0) {
            goto done;
        }
    }
    if ((separator = PyUnicode_FromString(", ")) != NULL &&
        (joined = PyUnicode_Join(separator, parts)) != NULL) {
        text = PyUnicode_FromFormat(names == NULL ? "<Row(%U)>" : "Row(%U)", joined);
    }
done:
    Py_ReprLeave((PyObject *)self);
    Py_XDECREF(names);
    Py_XDECREF(separator);
    Py_XDECREF(joined);
    Py_DECREF(parts);
    return text;
}

Py_hash_t
row_hash(Row *self)
{
    Py_hash_t hash = -1;

    if (Py_EnterRecursiveCall(" while hashing a Row")) {
        return -1;
    }
    PyObject *tuple = row_tuple_values(self);
    if (tuple != NULL) {
        hash = PyObject_Hash(tuple);
        Py_DECREF(tuple);
    }
    Py_LeaveRecursiveCall();
    return hash;
}

/* Whether both are of one kind, NULL being INSERT: 1, 0, or -1 with an exception set. */
static int
are_equal_kinds(PyObject *left, PyObject *right)
{
    if (left == right) {
        return 1;
    }
    if (left != NULL && right != NULL) {
        return PyObject_RichCompareBool(left, right, Py_EQ);
    }
    PyObject *value = PyObject_GetAttrString(left != NULL ? left : right, "value");
    if (value == NULL) {
        return -1;
    }
    int equal = PyLong_Check(value) && PyLong_AsLong(value) == 0;
    Py_DECREF(value);
    return equal;
}

/* Whether the values are equal, by name where there are names, those of left, borrowed, which may
   be NULL: 1, 0, or -1 with an exception set. */
static int
are_equal_values(Row *left, PyObject *names, Row *right)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(left); i++) {
        Py_ssize_t other = i;
        if (names != NULL && names != right->names) {
            other = row_find_name(right, PyTuple_GET_ITEM(names, i));
            if (other < 0) {
                return PyErr_Occurred() ? -1 : 0;
            }
        }
        PyObject *a = row_get((PyObject *)left, i);
        PyObject *b = row_get((PyObject *)right, other);
        int equal = a == NULL || b == NULL ? -1 : PyObject_RichCompareBool(a, b, Py_EQ);
        Py_XDECREF(a);
        Py_XDECREF(b);
        if (equal != 1) {
            return equal;
        }
    }
    return 1;
}

/* Whether the Rows are equal: 1, 0, or -1 with an exception set. */
static int
are_equal_rows(Row *left, Row *right)
{
    if (Py_SIZE(left) != Py_SIZE(right) || (left->names == NULL) != (right->names == NULL)) {
        return 0;
    }
    /* Comparing may run code that renames the fields or sets the kinds. */
    PyObject *names = Py_XNewRef(left->names);
    PyObject *left_kind = Py_XNewRef(left->kind);
    PyObject *right_kind = Py_XNewRef(right->kind);
    int equal = are_equal_values(left, names, right);
    if (equal == 1) {
        equal = are_equal_kinds(left_kind, right_kind);
    }
    Py_XDECREF(right_kind);
    Py_XDECREF(left_kind);
    Py_XDECREF(names);
    return equal;
}

PyObject *
row_richcompare(PyObject *self, PyObject *other, int operation)
{
    if ((operation != Py_EQ && operation != Py_NE) || !Py_IS_TYPE(other, Py_TYPE(self))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (Py_EnterRecursiveCall(" while comparing Rows")) {
        return NULL;
    }
    int equal = are_equal_rows((Row *)self, (Row *)other);
    Py_LeaveRecursiveCall();
    return equal < 0 ? NULL : PyBool_FromLong(equal == (operation == Py_EQ));
}

/* Row("a", "b")(1, 2) is Row(a=1, b=2). */
PyObject *
row_call(Row *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args);

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError, "Row() with field names takes values by position");
        return NULL;
    }
    if (count > Py_SIZE(self)) {
        PyErr_Format(PyExc_ValueError, "Can not create Row with %zd fields, got %zd values",
                     Py_SIZE(self), count);
        return NULL;
    }
    PyObject *values = row_tuple_values(self);
    PyObject *names = values == NULL ? NULL : PyTuple_GetSlice(values, 0, count);
    PyObject *row = names == NULL ? NULL
                                  : row_from_values(row_state(Py_TYPE(self)), names,
                                                    &PyTuple_GET_ITEM(args, 0), count);
    Py_XDECREF(names);
    Py_XDECREF(values);
    return row;
}
