/* SPDX-License-Identifier: Apache-2.0 */
/* Matrices of numbers from columns, or from the ARRAYs of one column. Nothing here needs the GIL.
 */
#ifndef PYFLINK_ML_EMBEDDED_MATRIX_H
#define PYFLINK_ML_EMBEDDED_MATRIX_H

#include "buffer.h"
#include "columns_to_numbers.h"

/* The most rows that are written at once: their part of the matrix stays in the cache. */
#define MATRIX_BLOCK 64

/* Writes the numbers of count rows, at most MATRIX_BLOCK, from row on, of one of the columns of
   source, at a distance of stride bytes. Returns whether they fit. */
typedef bool (*WriteColumn)(const void *source, Py_ssize_t index, int64_t row, int64_t count,
                            char *to, size_t stride);

/* Fills a matrix of rows x width numbers, those of one row after the other, from the first row of
   source on, by a function that is compiled into the loop. Returns whether all fit. Borrows
   source. */
static inline bool
fill_matrix(WriteColumn write, const void *source, int64_t first, int64_t rows, Py_ssize_t width,
            size_t number_size, char *matrix)
{
    size_t stride = (size_t)width * number_size;

    for (int64_t done = 0; done < rows; done += MATRIX_BLOCK) {
        int64_t count = rows - done < MATRIX_BLOCK ? rows - done : MATRIX_BLOCK;
        char *block = matrix + (size_t)done * stride;
        for (Py_ssize_t i = 0; i < width; i++) {
            char *to = block + (size_t)i * number_size;
            if (!write(source, i, first + done, count, to, stride)) {
                return false;
            }
        }
    }
    return true;
}

/* Whether none of count ARRAYs from row on is NULL, and all have this length. */
bool arrays_have_length(const Columns *columns, const Column *column, int64_t row, int64_t count,
                        int64_t length);

/* Returns count elements of ARRAYs, from first on, as numbers, or NULL where one does not fit: a
   null does not fit integers, and none fits where the elements of the column are integers. The
   numbers are in memory of the column or of buffer, and valid until either changes. Borrows
   elements. */
const char *numbers_from_elements(const Columns *elements, int64_t first, int64_t count,
                                  Number number, Buffer *buffer);

#endif
