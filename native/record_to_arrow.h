/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one row, or a STRUCT in it, to Columns. */
#ifndef PYFLINK_ML_EMBEDDED_RECORD_TO_ARROW_H
#define PYFLINK_ML_EMBEDDED_RECORD_TO_ARROW_H

#include "column.h"

/* Writes the cells of a row, or of a STRUCT in it: a Row, tuple, list or dict, a Mapping, or an
   object with fields. Returns 0, or -1 with an exception set; or returns 1 where value is none of
   these. Borrows value, and parent, the STRUCT, or NULL for a row. */
int record_to_arrow(Columns *columns, Column *parent, int64_t row, PyObject *value);

/* Whether value has names of its own, so that it is one row and no sequence of rows: 1, 0, or -1
   with an exception set. Borrows value. */
int is_record(Columns *columns, PyObject *value);

#endif
