/* SPDX-License-Identifier: Apache-2.0 */
/* When Python looks for what calls have changed for the whole process: see process_state.py. */

#include "process_check.h"

#include <time.h>

#define SECOND INT64_C(1000000000)

PyObject *
process_check_set(PyObject *module, PyObject *check)
{
    NativeState *state = PyModule_GetState(module);
    Py_XSETREF(state->process_check, Py_NewRef(check));
    Py_RETURN_NONE;
}

void
process_check_run(NativeState *state, bool is_first)
{
    struct timespec time;
    PyObject *type, *error, *traceback;

    if (state->process_check == NULL) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    int64_t now = time.tv_sec * SECOND + time.tv_nsec;
    if (!is_first && now - state->process_checked < SECOND) {
        return;
    }
    state->process_checked = now;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *check = Py_NewRef(state->process_check);
    PyObject *done = PyObject_CallNoArgs(check);
    if (done == NULL) {
        PyErr_WriteUnraisable(check);
    }
    Py_XDECREF(done);
    Py_DECREF(check);
    PyErr_Restore(type, error, traceback);
}
