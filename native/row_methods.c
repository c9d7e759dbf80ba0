/* SPDX-License-Identifier: Apache-2.0 */
/* The methods and attributes that Row shares with pyflink.common.Row. */

#include "row_methods.h"

#include "python_util.h"
#include "row.h"

/* Returns a new object like value in which every Row is a dict, or NULL with an exception set. */
static PyObject *
as_plain(PyObject *value, PyTypeObject *row_type)
{
    PyObject *result = NULL;

    if (Py_EnterRecursiveCall(" in Row.as_dict")) {
        return NULL;
    }
    if (Py_IS_TYPE(value, row_type)) {
        result = PyObject_CallMethod(value, "as_dict", "O", Py_True);
    }
    else if (PyList_Check(value)) {
        result = PyList_New(0);
        for (Py_ssize_t i = 0; result != NULL && i < PyList_GET_SIZE(value); i++) {
            PyObject *item = Py_NewRef(PyList_GET_ITEM(value, i));
            Py_SETREF(item, as_plain(item, row_type));
            if (item == NULL || PyList_Append(result, item) < 0) {
                Py_CLEAR(result);
            }
            Py_XDECREF(item);
        }
    }
    else if (PyDict_Check(value)) {
        PyObject *pairs = pairs_from_dict(value);
        result = pairs == NULL ? NULL : PyDict_New();
        for (Py_ssize_t i = 0; result != NULL && i < PyTuple_GET_SIZE(pairs); i += 2) {
            PyObject *item = as_plain(PyTuple_GET_ITEM(pairs, i + 1), row_type);
            if (item == NULL || PyDict_SetItem(result, PyTuple_GET_ITEM(pairs, i), item) < 0) {
                Py_CLEAR(result);
            }
            Py_XDECREF(item);
        }
        Py_XDECREF(pairs);
    }
    else {
        result = Py_NewRef(value);
    }
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
row_as_dict(Row *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"recursive", NULL};
    int recursive = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|p", keywords, &recursive)) {
        return NULL;
    }
    if (self->names == NULL) {
        PyErr_SetString(PyExc_TypeError, "a Row without field names cannot be a dict");
        return NULL;
    }
    PyObject *names = Py_NewRef(self->names);
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < Py_SIZE(self); i++) {
        PyObject *value = row_get((PyObject *)self, i);
        if (value != NULL && recursive) {
            Py_SETREF(value, as_plain(value, Py_TYPE(self)));
        }
        if (value == NULL || PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(value);
    }
    Py_DECREF(names);
    return dict;
}

static int
set_names(Row *self, PyObject *names)
{
    PyObject *tuple = PySequence_Tuple(names);
    if (tuple == NULL) {
        return -1;
    }
    if (PyTuple_GET_SIZE(tuple) != Py_SIZE(self)) {
        PyErr_Format(PyExc_ValueError, "got %zd field names for a Row of %zd values",
                     PyTuple_GET_SIZE(tuple), Py_SIZE(self));
        Py_DECREF(tuple);
        return -1;
    }
    if (!PyObject_GC_IsTracked((PyObject *)self)) {
        PyObject_GC_Track(self);
    }
    Py_XSETREF(self->names, tuple);
    return 0;
}

static PyObject *
row_set_field_names(Row *self, PyObject *names)
{
    if (set_names(self, names) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
row_get_fields_by_names(Row *self, PyObject *names)
{
    if (self->names == NULL) {
        return row_list_values(self);
    }
    PyObject *wanted = PySequence_Tuple(names);
    if (wanted == NULL) {
        return NULL;
    }
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < PyTuple_GET_SIZE(wanted); i++) {
        Py_ssize_t index = row_require_name(self, PyTuple_GET_ITEM(wanted, i));
        PyObject *value = index < 0 ? NULL : row_get((PyObject *)self, index);
        if (value == NULL || PyList_Append(list, value) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(value);
    }
    Py_DECREF(wanted);
    return list;
}

static PyObject *
row_get_row_kind(Row *self, PyObject *Py_UNUSED(unused))
{
    if (self->kind == NULL) {
        PyObject *module = PyImport_ImportModule("pyflink.common");
        if (module == NULL) {
            return NULL;
        }
        PyObject *kinds = PyObject_GetAttrString(module, "RowKind");
        Py_DECREF(module);
        if (kinds == NULL) {
            return NULL;
        }
        self->kind = PyObject_GetAttrString(kinds, "INSERT");
        Py_DECREF(kinds);
    }
    return Py_XNewRef(self->kind);
}

static PyObject *
row_set_row_kind(Row *self, PyObject *kind)
{
    if (!PyObject_GC_IsTracked((PyObject *)self)) {
        PyObject_GC_Track(self);
    }
    Py_XSETREF(self->kind, Py_NewRef(kind));
    Py_RETURN_NONE;
}

static PyObject *
row_of_kind(PyObject *type, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_SetString(PyExc_TypeError, "of_kind() needs a RowKind");
        return NULL;
    }
    PyObject *values = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (values == NULL) {
        return NULL;
    }
    PyObject *row = row_new((PyTypeObject *)type, values, kwargs);
    Py_DECREF(values);
    if (row != NULL) {
        ((Row *)row)->kind = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    }
    return row;
}

static PyObject *
row_reduce(Row *self, PyObject *Py_UNUSED(unused))
{
    PyObject *names = Py_NewRef(self->names == NULL ? Py_None : self->names);
    PyObject *kind = Py_NewRef(self->kind == NULL ? Py_None : self->kind);
    PyObject *values = row_tuple_values(self);
    PyObject *reduced =
        values == NULL ? NULL : Py_BuildValue("OO(OO)", Py_TYPE(self), values, names, kind);

    Py_XDECREF(values);
    Py_DECREF(kind);
    Py_DECREF(names);
    return reduced;
}

static PyObject *
row_setstate(Row *self, PyObject *state)
{
    PyObject *names, *kind;

    if (!PyArg_ParseTuple(state, "OO", &names, &kind)) {
        return NULL;
    }
    if (names != Py_None && set_names(self, names) < 0) {
        return NULL;
    }
    if (kind != Py_None) {
        Py_XSETREF(self->kind, Py_NewRef(kind));
    }
    Py_RETURN_NONE;
}

static PyObject *
row_get_fields(Row *self, void *Py_UNUSED(closure))
{
    if (self->names == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_fields");
        return NULL;
    }
    PyObject *names = Py_NewRef(self->names);
    PyObject *list = PySequence_List(names);
    Py_DECREF(names);
    return list;
}

static int
row_set_fields(Row *self, PyObject *names, void *Py_UNUSED(closure))
{
    if (names == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_fields");
        return -1;
    }
    return set_names(self, names);
}

static PyObject *
row_get_values(Row *self, void *Py_UNUSED(closure))
{
    return row_list_values(self);
}

PyMethodDef row_methods[] = {
    {"as_dict", (PyCFunction)(void (*)(void))row_as_dict, METH_VARARGS | METH_KEYWORDS,
     "as_dict(recursive=False)\n--\n\nReturn {field name: value}; with recursive, of nested Rows "
     "too."},
    {"set_field_names", (PyCFunction)row_set_field_names, METH_O,
     "set_field_names(field_names)\n--\n\nName the fields: one name for each value."},
    {"get_fields_by_names", (PyCFunction)row_get_fields_by_names, METH_O,
     "get_fields_by_names(names)\n--\n\nReturn the list of the values of these fields."},
    {"get_row_kind", (PyCFunction)row_get_row_kind, METH_NOARGS,
     "get_row_kind()\n--\n\nReturn the pyflink.common.RowKind, INSERT if none was set."},
    {"set_row_kind", (PyCFunction)row_set_row_kind, METH_O,
     "set_row_kind(row_kind)\n--\n\nSet the pyflink.common.RowKind."},
    {"of_kind", (PyCFunction)(void (*)(void))row_of_kind, METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "of_kind(row_kind, *args, **kwargs)\n--\n\nReturn a new Row of this kind."},
    {"__reduce__", (PyCFunction)row_reduce, METH_NOARGS, NULL},
    {"__setstate__", (PyCFunction)row_setstate, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

PyGetSetDef row_getset[] = {
    {"_fields", (getter)row_get_fields, (setter)row_set_fields, "The field names, a new list.",
     NULL},
    {"_values", (getter)row_get_values, NULL, "The values, a new list.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
