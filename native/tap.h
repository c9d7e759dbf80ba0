/* SPDX-License-Identifier: Apache-2.0 */
/* Passes a sample of predicted rows to Python (tap-directory). */
#ifndef PYFLINK_ML_EMBEDDED_TAP_H
#define PYFLINK_ML_EMBEDDED_TAP_H

#include "open_function.h"

/* Counts rows that were predicted. Returns whether one of them is to be passed on, by tap_take.
   Needs no GIL. */
static inline bool
tap_is_due(OpenFunction *self, int rows)
{
    return self->tap != NULL && (self->untapped -= rows) <= 0;
}

/* Passes on those of the rows of a slot that are due. The output and the offsets have their
   results; row_number is that of the first row. An error ends the tap and is reported as
   unraisable. Needs the GIL. */
void tap_take(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number);

/* METH_VARARGS, of OpenFunction. */
PyObject *tap_set(OpenFunction *self, PyObject *args);

#endif
