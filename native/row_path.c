/* SPDX-License-Identifier: Apache-2.0 */
/* The row path: one row at a time, through Row objects. */

#include "row_path.h"

#include "batch_path.h"
#include "memory.h"
#include "row.h"
#include "rows_to_arrow.h"
#include "silent_rows.h"
#include "tap.h"

/* Predicts in the current context. Returns the number of rows, or -1 with an exception set. */
static int
call_predict(OpenFunction *self)
{
    Py_ssize_t count = -1;
    PyObject *row = row_from_columns(self->inputs[0], self->spare);

    self->spare = NULL;
    if (row == NULL) {
        return -1;
    }
    /* The place before the argument is free for the bound method to put its object in. */
    PyObject *arguments[2] = {NULL, row};
    int64_t began = measure_model_begin(&self->measure);
    PyObject *result =
        PyObject_Vectorcall(self->predict, arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    measure_model_end(&self->measure, began);
    if (result != NULL) {
        note_result(self, result);
        count = rows_to_arrow(self->output, result);
        Py_DECREF(result);
    }
    self->spare = row_detach(row);
    return self->spare == NULL && PyErr_Occurred() ? -1 : (int)count;
}

int
predict_row(OpenFunction *self)
{
    Columns *input = self->inputs[0];
    Columns *output = self->output;
    int status = -1;

    if (self->predict == NULL) {
        status = predict_batch(self, 0, 0, 1);
    }
    else if (PyContext_Enter(self->context) == 0) {
        status = call_predict(self);
        PyContext_Exit(self->context);
    }
    if (status < 0) {
        return -1;
    }
    if (tap_is_due(self, 1)) { /* before the input is reset */
        self->offsets[0] = status;
        tap_take(self, 0, 0, 1, self->rows);
    }
    if (columns_try_reset(input, 1) < 0 && input->exported) {
        return raise_column_full(input, NULL, NO_MEMORY);
    }
    status |= (input->moved ? INPUT_MOVED : 0) | (output->moved ? OUTPUT_MOVED : 0);
    input->moved = false;
    output->moved = false;
    return status;
}
