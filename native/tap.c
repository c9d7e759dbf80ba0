/* SPDX-License-Identifier: Apache-2.0 */
/* Passes a sample of predicted rows to Python (tap-directory), whoever has predicted them. */

#include "tap.h"

void
tap_take(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number)
{
    PyObject *type, *error, *traceback;
    Py_ssize_t size = (Py_ssize_t)sizeof(*self->offsets) * count;

    PyErr_Fetch(&type, &error, &traceback);
    PyObject *tap = Py_NewRef(self->tap);
    int first = count - 1 + (int)self->untapped;
    PyObject *next = PyObject_CallFunction(tap, "OLiiOy#L", self->inputs[slot], (long long)start,
                                           count, first, self->output, (const char *)self->offsets,
                                           size, (long long)row_number);
    self->untapped = next == NULL ? -1 : PyLong_AsLongLong(next);
    Py_XDECREF(next);
    Py_DECREF(tap);
    if (self->untapped < 1) {
        if (PyErr_Occurred()) {
            PyErr_WriteUnraisable((PyObject *)self);
        }
        Py_CLEAR(self->tap);
    }
    PyErr_Restore(type, error, traceback);
}

PyObject *
tap_set(OpenFunction *self, PyObject *args)
{
    PyObject *tap;
    long long rows;

    if (!PyArg_ParseTuple(args, "OL:set_tap", &tap, &rows)) {
        return NULL;
    }
    if (rows < 1) {
        PyErr_SetString(PyExc_ValueError, "rows must be positive");
        return NULL;
    }
    self->untapped = rows;
    Py_XSETREF(self->tap, Py_NewRef(tap));
    Py_RETURN_NONE;
}
