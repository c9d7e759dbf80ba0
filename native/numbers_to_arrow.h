/* SPDX-License-Identifier: Apache-2.0 */
/* Writes numbers in memory to a column. */
#ifndef PYFLINK_ML_EMBEDDED_NUMBERS_TO_ARROW_H
#define PYFLINK_ML_EMBEDDED_NUMBERS_TO_ARROW_H

#include "column.h"
#include "number_type.h"

typedef struct {
    const NumberType *type; /* NULL for numpy's bool */
    const char *start;
    Py_ssize_t stride; /* in bytes */
    Py_ssize_t count;
} Numbers;

/* Whether each number of type is a value of the column, or can be checked without an object. */
bool takes_numbers(const Column *column, const NumberType *type);

/* Writes numbers from row on. Needs no GIL. Returns how many were written: all, or those before the
   first that does not fit. Borrows numbers, whose type the column takes. */
Py_ssize_t
numbers_try_to_arrow(Columns *columns, Column *column, int64_t row, const Numbers *numbers);

/* Writes count rows of width numbers, one row after the other, to that many columns from the first
   on. Needs no GIL. Returns whether all fit. Borrows numbers, those of all rows, whose type the
   columns take. */
bool matrix_try_to_arrow(Columns *columns, int first, int width, int64_t row, int64_t count,
                         const Numbers *numbers);

/* Writes count rows to an ARRAY column, from row on, behind those that are written. The ARRAYs of
   each level, of which there is at least one, have one length. Needs no GIL. Returns whether all
   fit. Borrows numbers, the elements of all rows, whose type the innermost column takes. */
bool arrays_try_to_arrow(Columns *columns, Column *column, int64_t row, int64_t count,
                         const int64_t *lengths, int levels, const Numbers *numbers);

/* Writes numbers from row on. Returns 0; or returns -1 with an exception set, and fills *failed
   with the row that does not fit. Borrows numbers, whose type the column takes. */
int numbers_to_arrow(Columns *columns, Column *column, int64_t row, const Numbers *numbers,
                     int64_t *failed);

#endif
