/* The row path: one row at a time, through Row objects. */

#include "open_function.h"

/* Predicts in the current context. Returns the number of rows, or -1 with an exception set. */
static int
call_predict(OpenFunction *function)
{
    Py_ssize_t count = -1;
    PyObject *row = row_from_columns(function->inputs[0], function->spare);

    function->spare = NULL;
    if (row == NULL) {
        return -1;
    }
    /* The place before the argument is free for the bound method to put its object in. */
    PyObject *arguments[2] = {NULL, row};
    PyObject *result = PyObject_Vectorcall(function->predict, arguments + 1,
                                           1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (result != NULL) {
        count = rows_to_arrow(function->output, result);
        Py_DECREF(result);
    }
    function->spare = row_recycle(row);
    return (int)count;
}

int
predict_row(OpenFunction *function)
{
    Columns *input = function->inputs[0];
    Columns *output = function->output;
    int status = -1;

    if (function->predict == NULL) {
        status = predict_batch(function, 0, 0, 1);
    }
    else if (PyContext_Enter(function->context) == 0) {
        status = call_predict(function);
        PyContext_Exit(function->context);
    }
    if (status < 0) {
        return -1;
    }
    if (columns_try_renew(input, 1) < 0 && input->exported) {
        return raise_no_room(input, NULL, NO_MEMORY);
    }
    status |= (input->moved ? INPUT_MOVED : 0) | (output->moved ? OUTPUT_MOVED : 0);
    input->moved = false;
    output->moved = false;
    return status;
}
