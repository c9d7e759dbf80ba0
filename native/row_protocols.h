/* SPDX-License-Identifier: Apache-2.0 */
/* Row as a sequence, a mapping, an object with attributes and a callable. */
#ifndef PYFLINK_ML_EMBEDDED_ROW_PROTOCOLS_H
#define PYFLINK_ML_EMBEDDED_ROW_PROTOCOLS_H

#include "row.h"

/* The slots of these names. */
Py_ssize_t row_length(Row *self);
PyObject *row_item(Row *self, Py_ssize_t index);
PyObject *row_subscript(Row *self, PyObject *key);
int row_assign_subscript(Row *self, PyObject *key, PyObject *value);
int row_contains(Row *self, PyObject *item);
PyObject *row_getattro(PyObject *self, PyObject *name);
PyObject *row_repr(Row *self);
Py_hash_t row_hash(Row *self);
PyObject *row_richcompare(PyObject *self, PyObject *other, int operation);
PyObject *row_call(Row *self, PyObject *args, PyObject *kwargs);

#endif
