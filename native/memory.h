/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of Columns. A function called try needs no GIL and raises nothing: it returns 0,
   NO_MEMORY or TOO_LARGE. */
#ifndef PYFLINK_ML_EMBEDDED_MEMORY_H
#define PYFLINK_ML_EMBEDDED_MEMORY_H

#include "column.h"

enum { NO_MEMORY = -1, TOO_LARGE = -2 };

/* Grows the arena to at least rows and keeps its contents. */
int columns_try_reserve(Columns *columns, int64_t rows);

/* Grows the data buffer to at least capacity and keeps its contents. */
int column_try_reserve_data(Columns *columns, Column *column, int64_t capacity);

/* Empties columns of this many rows. Replaces memory that somebody else holds, and buffers that
   grew for larger values and that the last rows left nearly empty. Borrows columns, a root. */
int columns_try_reset(Columns *columns, int64_t rows);

/* Raises the exception for NO_MEMORY or TOO_LARGE. Returns -1. Borrows column, whose data could not
   grow, or NULL for the arena. */
int raise_column_full(const Columns *columns, const Column *column, int status);

/* As the functions called try, but return 0, or -1 with an exception set. */
int columns_reserve(Columns *columns, int64_t rows);
int column_reserve_data(Columns *columns, Column *column, int64_t capacity);
int columns_reset(Columns *columns, int64_t rows);

/* Frees the memory of all columns; their description and layout stay, for Rows that copied it. */
void columns_free_memory(Columns *columns);

/* Appends size bytes as the variable-width value of row. Returns 0, or -1 with an exception
   set. Borrows bytes. */
int columns_append_bytes(Columns *columns, Column *column, int64_t row, const void *bytes,
                         int64_t size);

#endif
