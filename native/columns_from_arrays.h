/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what predict_batch returned to Columns. */
#ifndef PYFLINK_ML_EMBEDDED_COLUMNS_FROM_ARRAYS_H
#define PYFLINK_ML_EMBEDDED_COLUMNS_FROM_ARRAYS_H

#include "column.h"

/* Fills columns, a root, with this many rows of what predict_batch returned. Returns 0, or -1 with
   an exception set and no rows. Borrows arrays, a tuple with one for each field. */
int arrays_to_arrow(Columns *columns, PyObject *arrays, int64_t rows);

/* Fills columns, a root, with this many rows, each as predict may return it. Returns as
   arrays_to_arrow. Borrows records, a list. */
int records_to_arrow(Columns *columns, PyObject *records, int64_t rows);

#endif
