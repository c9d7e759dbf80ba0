/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers for Python objects. */
#ifndef PYFLINK_ML_EMBEDDED_PYTHON_UTIL_H
#define PYFLINK_ML_EMBEDDED_PYTHON_UTIL_H

#include "native.h"

/* Fills *attribute with a new reference, or with NULL where value has no such attribute. Returns
   whether it has it: 1, 0, or -1 with an exception set. Borrows value. */
int find_attribute(PyObject *value, const char *name, PyObject **attribute);

/* Whether value is of just the type called name ("numpy.datetime64"), which is not imported. */
bool has_type_name(PyObject *value, const char *name);

/* Whether value is a bool of numpy, by its name in numpy 2 or 1. */
bool is_numpy_bool(PyObject *value);

/* Returns a new tuple of each key and its value in turn, or NULL with an exception set. Unlike the
   list of PyDict_Items, user code cannot see it half filled. Borrows dict. */
PyObject *pairs_from_dict(PyObject *dict);

/* Returns a new tuple of the keys, or NULL with an exception set. Borrows pairs, as they are from
   pairs_from_dict. */
PyObject *keys_from_pairs(PyObject *pairs);

#endif
