/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of Python objects in several places. */

#include "python_util.h"

int
find_attribute(PyObject *value, const char *name, PyObject **attribute)
{
    *attribute = PyObject_GetAttrString(value, name);
    if (*attribute != NULL) {
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

bool
has_type_name(PyObject *value, const char *name)
{
    return strcmp(Py_TYPE(value)->tp_name, name) == 0;
}

bool
is_numpy_bool(PyObject *value)
{
    return has_type_name(value, "numpy.bool") || has_type_name(value, "numpy.bool_");
}

PyObject *
pairs_from_dict(PyObject *dict)
{
    for (;;) {
        Py_ssize_t count = PyDict_GET_SIZE(dict);
        PyObject *pairs = PyTuple_New(2 * count); /* may run finalizers, which may change dict */
        if (pairs == NULL) {
            return NULL;
        }
        if (PyDict_GET_SIZE(dict) != count) {
            Py_DECREF(pairs);
            continue;
        }
        PyObject *key, *value;
        Py_ssize_t position = 0;
        for (Py_ssize_t i = 0; PyDict_Next(dict, &position, &key, &value); i += 2) {
            PyTuple_SET_ITEM(pairs, i, Py_NewRef(key));
            PyTuple_SET_ITEM(pairs, i + 1, Py_NewRef(value));
        }
        return pairs;
    }
}

PyObject *
keys_from_pairs(PyObject *pairs)
{
    Py_ssize_t count = PyTuple_GET_SIZE(pairs) / 2;
    PyObject *keys = PyTuple_New(count);

    for (Py_ssize_t i = 0; keys != NULL && i < count; i++) {
        PyTuple_SET_ITEM(keys, i, Py_NewRef(PyTuple_GET_ITEM(pairs, 2 * i)));
    }
    return keys;
}
