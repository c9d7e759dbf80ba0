/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of CPython that are public from 3.13 on, for the versions before. */
#ifndef PYFLINK_ML_EMBEDDED_COMPAT_H
#define PYFLINK_ML_EMBEDDED_COMPAT_H

#include <Python.h>

#if PY_VERSION_HEX < 0x030D0000

static inline int
Py_IsFinalizing(void)
{
    return _Py_IsFinalizing();
}

/* Fills *object with a new reference and returns 1, or with NULL and returns 0 where it is dead. */
static inline int
PyWeakref_GetRef(PyObject *reference, PyObject **object)
{
    PyObject *target = PyWeakref_GetObject(reference);

    *object = target == Py_None ? NULL : Py_NewRef(target);
    return *object != NULL;
}

#endif

#endif
