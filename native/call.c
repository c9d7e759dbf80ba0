/* SPDX-License-Identifier: Apache-2.0 */
/* The call of a function in progress: interrupts it.

   An exception that is set for a thread is raised when the thread next runs Python code, which may
   be after the call. The thread that sets it and the thread of the call both have the GIL, so the
   call is either in progress, and removes the exception at its end, or has ended, and gets none. */

#include "call.h"

#include <string.h>

/* The innermost code of a call that is not interrupted for a while: it takes locks that all
   functions of the process use, and could leave them held. */
static const char *const locking_files[] = {
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
    "/logging/__init__.py",
    "/threading.py",
};

static bool
ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Returns whether the innermost code of a thread takes locks of the process. */
static bool
is_locking(PyThreadState *state)
{
    PyFrameObject *frame = PyThreadState_GetFrame(state);
    bool is_found = false;

    if (frame == NULL) {
        return false;
    }
    PyCodeObject *code = PyFrame_GetCode(frame);
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    if (file == NULL) {
        PyErr_Clear();
    }
    for (size_t i = 0; file != NULL && i < Py_ARRAY_LENGTH(locking_files); i++) {
        is_found |= ends_with(file, locking_files[i]);
    }
    Py_DECREF(code);
    Py_DECREF(frame);
    return is_found;
}

/* Runs no Python code, so that the call cannot end meanwhile. */
static CallOutcome
interrupt(OpenFunction *self, int64_t number, PyObject *reason, bool force)
{
    if (call_in_progress(self) != number) {
        return CALL_ENDED;
    }
    if (self->state->async_exc != NULL) {
        return CALL_PENDING;
    }
    if (!force && is_locking(self->state)) {
        return CALL_DEFERRED;
    }
    PyThreadState_SetAsyncExc(self->state->thread_id, self->output->state->timeout_error);
    Py_XSETREF(self->interruption, Py_NewRef(reason));
    return CALL_INTERRUPTED;
}

CallOutcome
call_interrupt(OpenFunction *self, int64_t number, PyObject *reason, bool force)
{
    int was_collecting = PyGC_Disable(); /* a collection may run Python code */
    CallOutcome outcome = interrupt(self, number, reason, force);

    if (was_collecting) {
        PyGC_Enable();
    }
    return outcome;
}

/* Lets the calling thread raise the exception that is set for it, and removes it. Only where it is
   raised does CPython cease to look for it at each jump of each thread. */
static void
raise_pending(const PyThreadState *state)
{
    PyObject *code = Py_CompileString("for _ in (0, 1): pass", "<interrupted>", Py_file_input);
    PyObject *globals = code == NULL ? NULL : PyDict_New();
    PyObject *result = globals == NULL ? NULL : PyEval_EvalCode(code, globals, globals);

    Py_XDECREF(result);
    Py_XDECREF(globals);
    Py_XDECREF(code);
    PyErr_Clear();
    if (state->async_exc != NULL) { /* there was no memory */
        PyThreadState_SetAsyncExc(state->thread_id, NULL);
    }
}

void
call_settle(OpenFunction *self)
{
    PyObject *type, *error, *traceback;
    PyObject *reason = self->interruption;

    self->interruption = NULL;
    PyErr_Fetch(&type, &error, &traceback);
    if (self->state->async_exc != NULL) {
        raise_pending(self->state);
    }
    if (type != NULL && PyErr_GivenExceptionMatches(type, self->output->state->timeout_error)) {
        PyErr_NormalizeException(&type, &error, &traceback);
        if (PyObject_SetAttrString(error, "reason", reason) < 0) {
            PyErr_Clear(); /* then it has no message */
        }
    }
    PyErr_Restore(type, error, traceback);
    Py_DECREF(reason);
}
