/* SPDX-License-Identifier: Apache-2.0 */
/* Notices a function whose predict has only returned None: its return may be missing. */

#include "silent_rows.h"

/* A function that drops rows on purpose has passed some by then. */
#define ROWS_BEFORE_WARNING 100

void
count_silent_row(OpenFunction *self)
{
    if (++self->silent_rows < ROWS_BEFORE_WARNING) {
        return;
    }
    PyObject *module = PyImport_ImportModule("pyflink_ml_embedded._runtime.silence");
    PyObject *result = module == NULL
                           ? NULL
                           : PyObject_CallMethod(module, "warn_if_silent", "O", (PyObject *)self);
    if (result == NULL) {
        PyErr_WriteUnraisable((PyObject *)self); /* the row itself has not failed */
    }
    Py_XDECREF(result);
    Py_XDECREF(module);
    self->silent_rows = NOT_SILENT;
}
