/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the numbers of a column into memory of another type, as a model wants them. */
#ifndef PYFLINK_ML_EMBEDDED_COLUMNS_TO_NUMBERS_H
#define PYFLINK_ML_EMBEDDED_COLUMNS_TO_NUMBERS_H

#include "column.h"

/* The type of a number in memory, in native byte order. */
typedef enum {
    NUMBER_INT8,
    NUMBER_INT16,
    NUMBER_INT32,
    NUMBER_INT64,
    NUMBER_UINT8,
    NUMBER_UINT16,
    NUMBER_UINT32,
    NUMBER_UINT64,
    NUMBER_BOOL, /* one byte, 0 or 1 */
    NUMBER_FLOAT,
    NUMBER_DOUBLE,
} Number;

/* Returns the size of a number in bytes. */
size_t number_size(Number number);

/* Whether numbers can be made from a column of this type. */
bool is_number_column(const Column *column);

/* Returns the column of the elements within so many levels of ARRAY, or NULL if there are fewer. */
const Column *innermost_column(const Column *column, int levels);

bool has_nulls(const Columns *columns, const Column *column, int64_t row, int64_t count);

/* Writes the numbers of count rows from row on, at a distance of stride bytes. A null becomes NaN.
   Needs no GIL. Returns whether all of them fit the type: nulls do not fit integers, and a finite
   number must stay finite. What was written is undefined where one does not fit. */
bool numbers_from_column(const Columns *columns, const Column *column, int64_t row, int64_t count,
                         Number number, char *to, size_t stride);

/* Returns the values of a column from row on where they are numbers of this type already and none
   of count rows is null, or NULL. */
const char *numbers_in_column(const Columns *columns, const Column *column, int64_t row,
                              int64_t count, Number number);

#endif
