/* SPDX-License-Identifier: Apache-2.0 */
/* Writes an Arrow array to a column. */
#ifndef PYFLINK_ML_EMBEDDED_IMPORTED_TO_ARROW_H
#define PYFLINK_ML_EMBEDDED_IMPORTED_TO_ARROW_H

#include "column.h"
#include "import.h"

/* Writes rows values of an Arrow array, whose type it checks, from row 0 on. Returns 0; or returns
   -1 with an exception set, and fills *failed with the row that does not fit, where it is one row.
   Borrows imported. */
int imported_to_arrow(Columns *columns, Column *column, const ImportedArray *imported, int64_t rows,
                      int64_t *failed);

#endif
