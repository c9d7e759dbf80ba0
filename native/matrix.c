/* SPDX-License-Identifier: Apache-2.0 */
/* Matrices of numbers from the ARRAYs of one column. */

#include "matrix.h"

bool
arrays_have_length(const Columns *columns, const Column *column, int64_t row, int64_t count,
                   int64_t length)
{
    int32_t start = offset_at(columns->arena, column, row);

    for (int64_t i = 1; i <= count; i++) {
        int32_t end = offset_at(columns->arena, column, row + i);
        if (end - start != length) {
            return false;
        }
        start = end;
    }
    return !has_nulls(columns, column, row, count);
}

const char *
numbers_from_elements(const Columns *elements, int64_t first, int64_t count, Number number,
                      Buffer *buffer)
{
    const Column *column = &elements->columns[0];
    size_t size = number_size(number);

    const char *numbers = numbers_in_column(elements, column, first, count, number);
    if (numbers != NULL) {
        return numbers;
    }
    /* A null among integers is an error, as in a numpy array of them. */
    if (column->codec->kind == KIND_INTEGER && has_nulls(elements, column, first, count)) {
        return NULL;
    }
    char *memory = buffer_reserve(buffer, count, size);
    bool fit =
        memory != NULL && numbers_from_column(elements, column, first, count, number, memory, size);
    return fit ? memory : NULL;
}
