/* SPDX-License-Identifier: Apache-2.0 */
/* The batch path: predicts many rows in one call, with predict or predict_batch. */

#include "batch_path.h"

#include "call.h"
#include "conversion_error.h"
#include "memory.h"
#include "rows_from_arrow.h"
#include "rows_to_arrow.h"
#include "silent_rows.h"

/* Predicts one row and appends its results, and adds the time in predict to *model_ns, which may be
   NULL. Returns 0, or -1 with an exception set. */
static int
predict_next(OpenFunction *self, const Columns *input, int64_t row, Py_ssize_t *count,
             int64_t *model_ns)
{
    PyObject *data = row_from_arrow(input, row);
    if (data == NULL) {
        return -1;
    }
    PyObject *arguments[2] = {NULL, data};
    int64_t began = model_ns == NULL ? 0 : measure_now();
    PyObject *result =
        PyObject_Vectorcall(self->predict, arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (model_ns != NULL) {
        *model_ns += measure_now() - began;
    }
    Py_DECREF(data);
    if (result == NULL) {
        return -1;
    }
    note_result(self, result);
    int status = append_results(self->output, result, count);
    Py_DECREF(result);
    return status;
}

/* Predicts row by row. Returns the number of results, or -1 with an exception set; on failure
   the output still has the results of the rows before the one that failed. */
static Py_ssize_t
predict_rows(OpenFunction *self, const Columns *input, int64_t start, int count)
{
    Py_ssize_t results = 0;
    int64_t model_ns = 0;
    int measured = 0;

    for (int i = 0; i < count; i++) {
        self->failed = i;
        if (i > 0) {
            call_next(self); /* a row has the time that a call has */
        }
        bool is_measured = self->measure.is_measured && i % MEASURED_ROWS_OF_BATCH == 0;
        measured += is_measured;
        if (predict_next(self, input, start + i, &results, is_measured ? &model_ns : NULL) < 0) {
            return -1;
        }
        self->offsets[i] = (int32_t)results;
    }
    if (measured > 0) {
        self->measure.model_ns = model_ns * count / measured;
    }
    return results;
}

int
read_offsets(OpenFunction *self, PyObject *result, int count)
{
    Py_buffer view;

    if (result == Py_None) {
        for (int i = 0; i < count; i++) {
            self->offsets[i] = i + 1;
        }
        return 0;
    }
    if (PyObject_GetBuffer(result, &view, PyBUF_C_CONTIGUOUS) < 0) {
        return -1;
    }
    int status = -1;
    if (view.len == (Py_ssize_t)sizeof(*self->offsets) * count) {
        memcpy(self->offsets, view.buf, (size_t)view.len);
        status = 0;
    }
    else {
        PyErr_SetString(PyExc_RuntimeError, "predict_batch must return one offset for each row");
    }
    PyBuffer_Release(&view);
    return status;
}

/* Takes the time in the model from the callable, which has called it; it may not know. */
static void
read_model_time(OpenFunction *self)
{
    PyObject *time = PyObject_GetAttrString(self->predict_batch, "model_ns");
    long long model_ns = time == NULL ? 0 : PyLong_AsLongLong(time);

    PyErr_Clear();
    Py_XDECREF(time);
    self->measure.model_ns = model_ns < 0 ? 0 : model_ns;
}

/* Predicts all rows at once. Returns the number of results, or -1 with an exception set. */
static Py_ssize_t
predict_all(OpenFunction *self, Columns *input, int64_t start, int count)
{
    PyObject *result =
        PyObject_CallFunction(self->predict_batch, "OLi", input, (long long)start, count);
    if (result == NULL) {
        return -1;
    }
    if (self->measure.is_measured) {
        read_model_time(self);
    }
    int status = read_offsets(self, result, count);
    Py_DECREF(result);
    return status < 0 ? -1 : (Py_ssize_t)self->output->rows;
}

int
predict_batch(OpenFunction *self, int slot, int64_t start, int count)
{
    Columns *input = self->inputs[slot];
    Columns *output = self->output;
    Py_ssize_t results = -1;

    self->failed = count == 1 ? 0 : -1;
    if (columns_reset(output, output->rows) < 0 || PyContext_Enter(self->context) < 0) {
        return -1;
    }
    output->rows = 0;
    if (self->predict_batch != NULL) {
        results = predict_all(self, input, start, count);
    }
    else {
        results = predict_rows(self, input, start, count);
    }
    PyContext_Exit(self->context);
    if (results < 0) {
        return -1;
    }
    output->rows = results;
    if (results >= INPUT_MOVED) {
        return raise_conversion_error(output, NULL, "a batch returned too many rows");
    }
    return (int)results;
}
