/* SPDX-License-Identifier: Apache-2.0 */
/* Which value of a record belongs to which column, by its names.

   The rule is match_names in _names.py. Its last answer is kept, because a function returns records
   of the same names again and again. */

#include "record_names.h"

#include "compat.h"

/* Whether both tuples have the same names. Compares without code of the user. */
static bool
are_same_names(PyObject *left, PyObject *right)
{
    if (left == right) {
        return true;
    }
    if (left == NULL || PyTuple_GET_SIZE(left) != PyTuple_GET_SIZE(right)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(left); i++) {
        PyObject *a = PyTuple_GET_ITEM(left, i);
        PyObject *b = PyTuple_GET_ITEM(right, i);
        if (a != b && (!PyUnicode_CheckExact(a) || !PyUnicode_CheckExact(b) ||
                       PyUnicode_Compare(a, b) != 0)) {
            return false;
        }
    }
    return true;
}

/* Calls a function of _records.py with two arguments. Returns a new reference, or NULL with an
   exception set. Borrows both; the second may be NULL. */
static PyObject *
call_records(const char *function, PyObject *first, PyObject *second)
{
    PyObject *module = PyImport_ImportModule("pyflink_ml_embedded._records");
    PyObject *callable = module == NULL ? NULL : PyObject_GetAttrString(module, function);
    PyObject *result =
        callable == NULL ? NULL : PyObject_CallFunctionObjArgs(callable, first, second, NULL);

    Py_XDECREF(callable);
    Py_XDECREF(module);
    return result;
}

/* Fills *order with a new array of the count positions in list, each below size. Returns 0, or -1
   with an exception set. Borrows list. */
static int
read_order(PyObject *list, Py_ssize_t count, Py_ssize_t size, Py_ssize_t **order)
{
    if (!PyList_CheckExact(list) || PyList_GET_SIZE(list) != count) {
        PyErr_SetString(PyExc_TypeError, "match_names() did not return a list of positions");
        return -1;
    }
    Py_ssize_t *positions = PyMem_New(Py_ssize_t, count + 1);
    if (positions == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        positions[i] = PyLong_AsSsize_t(PyList_GET_ITEM(list, i));
        if (positions[i] < 0 || positions[i] >= size) {
            PyMem_Free(positions);
            PyErr_SetString(PyExc_ValueError, "match_names() returned a wrong position");
            return -1;
        }
    }
    *order = positions;
    return 0;
}

/* Matches names by a function of _records.py and keeps the answer. Returns 0, or -1 with an
   exception set. */
static int
match(NameCache *cache, const char *function, PyObject *columns, PyObject *names)
{
    Py_ssize_t *order = NULL;

    PyObject *matched = call_records(function, columns, names);
    if (matched == NULL) {
        return -1;
    }
    int status = matched == Py_None ? 0
                                    : read_order(matched, PyTuple_GET_SIZE(columns),
                                                 PyTuple_GET_SIZE(names), &order);
    Py_DECREF(matched);
    if (status == 0) {
        PyMem_Free(cache->order);
        cache->order = order;
        Py_XSETREF(cache->names, Py_NewRef(names));
    }
    return status;
}

int
order_by_names(NameCache *cache, PyObject *columns, PyObject *names, const Py_ssize_t **order)
{
    if (are_same_names(columns, names)) {
        *order = NULL;
        return 0;
    }
    if (!are_same_names(cache->names, names) && match(cache, "match_names", columns, names) < 0) {
        return -1;
    }
    *order = cache->order;
    return 0;
}

int
order_by_keys(NameCache *cache, PyObject *columns, PyObject *keys, const Py_ssize_t **order)
{
    bool is_known = cache->order != NULL && are_same_names(cache->names, keys);

    if (!is_known && match(cache, "match_keys", columns, keys) < 0) {
        return -1;
    }
    *order = cache->order;
    return 0;
}

/* Returns whether the cache has the names of the type, which it holds weakly, because the type
   holds the modules of its model. */
static bool
is_type_of(const NameCache *cache, const PyTypeObject *type)
{
    PyObject *known = NULL;

    if (cache->type == NULL) {
        return false;
    }
    PyWeakref_GetRef(cache->type, &known); /* cannot fail: it is a weak reference */
    bool is_known = known == (const PyObject *)type;
    Py_XDECREF(known);
    return is_known;
}

int
find_field_names(NameCache *cache, PyTypeObject *type, PyObject **names)
{
    if (!is_type_of(cache, type)) {
        PyObject *found = call_records("field_names", (PyObject *)type, NULL);
        PyObject *reference = found == NULL ? NULL : PyWeakref_NewRef((PyObject *)type, NULL);
        if (reference == NULL) {
            Py_XDECREF(found);
            return -1;
        }
        if (found != Py_None && !PyTuple_CheckExact(found)) {
            PyErr_SetString(PyExc_TypeError, "field_names() did not return a tuple");
            Py_DECREF(found);
            Py_DECREF(reference);
            return -1;
        }
        Py_XSETREF(cache->type, reference);
        Py_XSETREF(cache->type_names, found);
    }
    *names = cache->type_names == Py_None ? NULL : Py_NewRef(cache->type_names);
    return 0;
}

void
name_cache_clear(NameCache *cache)
{
    Py_CLEAR(cache->names);
    PyMem_Free(cache->order);
    cache->order = NULL;
    Py_CLEAR(cache->type);
    Py_CLEAR(cache->type_names);
}
