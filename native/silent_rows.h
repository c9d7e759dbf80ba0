/* SPDX-License-Identifier: Apache-2.0 */
/* Notices a function whose predict has only returned None: its return may be missing. */
#ifndef PYFLINK_ML_EMBEDDED_SILENT_ROWS_H
#define PYFLINK_ML_EMBEDDED_SILENT_ROWS_H

#include "open_function.h"

/* The value of silent_rows once it is not counted any more. */
#define NOT_SILENT (-1)

/* Counts a row for which predict returned None while silent_rows is counted. After some rows it
   logs a warning. */
void count_silent_row(OpenFunction *self);

/* Notes what predict returned. Borrows result. */
static inline void
note_result(OpenFunction *self, PyObject *result)
{
    if (result != Py_None) {
        self->silent_rows = NOT_SILENT;
    }
    else if (self->silent_rows != NOT_SILENT) {
        count_silent_row(self);
    }
}

#endif
