/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts by coroutines, of which many are in flight at once.

   The awaiter of a function is a Python object (_awaiting.calls) with the methods

     start(number, row)                             starts predict for a Row
     start(number, row, columns, start, count)      starts predict_batch; row is None for many rows
     wait(microseconds)                             returns a list of calls that are done
     write(result, count)                           fills the output, as BatchCaller does

   A call that is done is a tuple of its first row's number, its number of rows, its Row or None,
   the result, and the exception or None. */
#ifndef PYFLINK_ML_EMBEDDED_AWAIT_PATH_H
#define PYFLINK_ML_EMBEDDED_AWAIT_PATH_H

#include "open_function.h"

/* Starts coroutines for rows of a slot. Returns as open_function_start. Borrows self, which is open
   and not running. */
int start_calls(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number);

/* Waits, and takes calls that are done. Returns as open_function_await, without bits; sets
   self->failed_call where a call has failed. Borrows self, which is open and not running. */
int await_calls(OpenFunction *self, int64_t microseconds);

/* Read a call that is done. */
int64_t awaited_number(PyObject *call);
int awaited_count(PyObject *call);

/* Returns a borrowed Row, or NULL. */
PyObject *awaited_row(PyObject *call);

#endif
