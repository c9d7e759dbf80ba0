/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of an open function as the JVM sees them, in its own process and in a worker. */
#ifndef PYFLINK_ML_EMBEDDED_FUNCTION_COLUMNS_H
#define PYFLINK_ML_EMBEDDED_FUNCTION_COLUMNS_H

#include "open_function.h"

/* Selects the arena, where a column is asked for. */
#define ARENA (-1)

/* The number of ints by which a layout describes a column. */
#define LAYOUT_INTS 3

/* Numbers the columns. Returns 0, or -1 with an exception set. */
int function_columns_list(OpenFunction *self);

/* Returns the columns of this number, borrowed: 0 is the first slot of the input, 1 the output, 2
   the second slot where there is one; then elements. */
Columns *function_columns(const OpenFunction *self, int number);

/* Returns the bytes of the arena, or of the data of a variable-width column, borrowed, and fills
 *size. */
uint8_t *function_columns_memory(const Columns *columns, int column, size_t *size);

/* Fills layout with the capacity in rows, and LAYOUT_INTS numbers for each column; see
   ColumnMemory.layout. Returns how many numbers these are; with NULL, it only counts them. */
int function_columns_layout(const OpenFunction *self, const Columns *columns, int32_t *layout);

/* Empties a slot that has this many rows. Returns whether its memory moved, or -1 without an
   exception where no memory is left. Needs no GIL. */
int function_columns_reset(OpenFunction *self, int slot, int64_t rows);

/* Returns a new str with the reason why columns_try_reserve or column_try_reserve_data returned
   status, or NULL without an exception where no memory is left. Takes the GIL. Borrows column,
   which is NULL for the arena. */
PyObject *function_columns_describe_full(const Columns *columns, const Column *column, int status);

#endif
