/* SPDX-License-Identifier: Apache-2.0 */
/* Makes Columns from the fields of a request. */
#ifndef PYFLINK_ML_EMBEDDED_COLUMNS_FROM_FIELDS_H
#define PYFLINK_ML_EMBEDDED_COLUMNS_FROM_FIELDS_H

#include "column.h"

/* Returns a new reference to columns for one row, or NULL with an exception set. Borrows fields, a
   sequence of dicts as a request has them, and role for ever. LISTs of numbers are read as numpy
   arrays where numpy_arrays is set. */
Columns *
columns_from_fields(NativeState *state, const char *role, PyObject *fields, bool numpy_arrays);

#endif
