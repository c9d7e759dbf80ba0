/* SPDX-License-Identifier: Apache-2.0 */
/* The path of coroutines: starts them for rows, and takes those that are done. */

#include "await_path.h"

#include "batch_path.h"
#include "conversion_error.h"
#include "memory.h"
#include "rows_from_arrow.h"
#include "rows_to_arrow.h"
#include "silent_rows.h"

/* The items of a call that is done. */
enum { NUMBER, COUNT, ROW, RESULT, ERROR, ITEMS };

int64_t
awaited_number(PyObject *call)
{
    return PyLong_AsLongLong(PyTuple_GET_ITEM(call, NUMBER));
}

int
awaited_count(PyObject *call)
{
    return (int)PyLong_AsLong(PyTuple_GET_ITEM(call, COUNT));
}

PyObject *
awaited_row(PyObject *call)
{
    PyObject *row = PyTuple_GET_ITEM(call, ROW);
    return row == Py_None ? NULL : row;
}

/* Returns 0, or -1 with an exception set. Takes result, which may be NULL. */
static int
drop_result(PyObject *result)
{
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Returns 0, or -1 with an exception set; then self->failed is the row. */
static int
start_rows(OpenFunction *self, const Columns *input, int64_t start, int count, int64_t row_number)
{
    for (int i = 0; i < count; i++) {
        self->failed = i;
        PyObject *row = row_from_arrow(input, start + i);
        if (row == NULL || drop_result(PyObject_CallMethod(self->awaiter, "start", "LN",
                                                           (long long)row_number + i, row)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Returns 0, or -1 with an exception set. */
static int
start_batch(OpenFunction *self, Columns *input, int64_t start, int count, int64_t row_number)
{
    self->failed = count == 1 ? 0 : -1;
    PyObject *row = count == 1 ? row_from_arrow(input, start) : Py_NewRef(Py_None);
    if (row == NULL) {
        return -1;
    }
    return drop_result(PyObject_CallMethod(self->awaiter, "start", "LNOLi", (long long)row_number,
                                           row, input, (long long)start, count));
}

int
start_calls(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number)
{
    Columns *input = self->inputs[slot];

    self->failed = -1;
    if (PyContext_Enter(self->context) < 0) {
        return -1;
    }
    int status = self->awaits == AWAITS_ROWS ? start_rows(self, input, start, count, row_number)
                                             : start_batch(self, input, start, count, row_number);
    PyContext_Exit(self->context);
    return status;
}

/* Appends the results of a row's call. Returns 0, or -1 with an exception set. */
static int
take_row(OpenFunction *self, PyObject *result, int index, Py_ssize_t *results)
{
    note_result(self, result);
    if (append_results(self->output, result, results) < 0) {
        return -1;
    }
    self->offsets[index] = (int32_t)*results;
    return 0;
}

/* Writes the results of a batch. Returns 0, or -1 with an exception set. */
static int
take_batch(OpenFunction *self, PyObject *result, int count, Py_ssize_t *results)
{
    PyObject *offsets = PyObject_CallMethod(self->awaiter, "write", "Oi", result, count);
    if (offsets == NULL) {
        return -1;
    }
    int status = read_offsets(self, offsets, count);
    Py_DECREF(offsets);
    *results = (Py_ssize_t)self->output->rows;
    return status;
}

/* Returns 0, or -1 with the call's exception or another one set. Borrows call. */
static int
take_call(OpenFunction *self, PyObject *call, int index, Py_ssize_t *results)
{
    if (!PyTuple_Check(call) || PyTuple_GET_SIZE(call) != ITEMS) {
        PyErr_SetString(PyExc_TypeError, "a call that is done is a tuple of five items");
        return -1;
    }
    PyObject *result = PyTuple_GET_ITEM(call, RESULT);
    PyObject *error = PyTuple_GET_ITEM(call, ERROR);

    self->numbers[index] = awaited_number(call);
    if (error != Py_None) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        return -1;
    }
    return self->awaits == AWAITS_ROWS ? take_row(self, result, index, results)
                                       : take_batch(self, result, awaited_count(call), results);
}

/* Removes the first calls of a list. Keeps an exception that is set. */
static void
remove_calls(PyObject *done, Py_ssize_t count)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    if (PyList_SetSlice(done, 0, count, NULL) < 0) {
        PyErr_WriteUnraisable(done); /* of a list that only becomes shorter */
    }
    PyErr_Restore(type, error, traceback);
}

/* Takes calls up to the capacity of the offsets, or one batch. Returns their number, or -1 with an
   exception set. Borrows done. */
static int
take_calls(OpenFunction *self, PyObject *done)
{
    int limit = self->awaits == AWAITS_ROWS ? self->max_rows : 1;
    int taken = 0;
    int status = 0;
    Py_ssize_t results = 0;

    /* A conversion may run user code, so the list is read again each time. */
    while (status == 0 && taken < limit && taken < PyList_GET_SIZE(done)) {
        PyObject *call = Py_NewRef(PyList_GET_ITEM(done, taken));
        status = take_call(self, call, taken, &results);
        if (status < 0) {
            self->failed = taken;
            self->failed_call = Py_NewRef(call);
        }
        Py_DECREF(call);
        taken++;
    }
    remove_calls(done, taken);
    if (status < 0) {
        return -1;
    }
    self->output->rows = results;
    if (results >= INPUT_MOVED) {
        return raise_conversion_error(self->output, NULL, "too many rows were returned");
    }
    return taken;
}

int
await_calls(OpenFunction *self, int64_t microseconds)
{
    Columns *output = self->output;
    int taken = -1;

    self->failed = -1;
    if (columns_reset(output, output->rows) < 0 || PyContext_Enter(self->context) < 0) {
        return -1;
    }
    output->rows = 0;
    PyObject *done = PyObject_CallMethod(self->awaiter, "wait", "L", (long long)microseconds);
    if (done != NULL && !PyList_Check(done)) {
        PyErr_SetString(PyExc_TypeError, "wait() must return a list");
    }
    else if (done != NULL) {
        taken = take_calls(self, done);
    }
    Py_XDECREF(done);
    PyContext_Exit(self->context);
    return taken;
}
