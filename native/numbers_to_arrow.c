/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of numpy's arrays to Arrow columns, without objects. No code of the user runs. */

#include "numbers_to_arrow.h"

#include "conversion_error.h"
#include "memory.h"

#include <math.h>

/* In numbers; what is read at once stays in the fastest cache. */
#define BLOCK 512

bool
takes_numbers(const Column *column, const NumberType *type)
{
    if (type == NULL) {
        return column->codec->kind == KIND_BOOLEAN;
    }
    return column->codec->dtype != NULL &&
           (type->read_integers != NULL || column->codec->kind == KIND_FLOATING_POINT);
}

/* Fills the range of an integer column. */
static void
range_of(const Column *column, int64_t *least, int64_t *greatest)
{
    *greatest = INT64_MAX >> (64 - column->codec->bit_width);
    *least = -*greatest - 1;
}

#define STORE_INTEGERS(TYPE)                                                                       \
    for (Py_ssize_t i = 0; i < count; i++) {                                                       \
        TYPE number = (TYPE)from[i];                                                               \
        memcpy(to + (size_t)i * sizeof(number), &number, sizeof(number));                          \
    }

/* Writes integers that are in range. */
static void
store_integers(const int64_t *from, Py_ssize_t count, int bit_width, uint8_t *to)
{
    switch (bit_width) {
    case 8:
        STORE_INTEGERS(int8_t)
        break;
    case 16:
        STORE_INTEGERS(int16_t)
        break;
    case 32:
        STORE_INTEGERS(int32_t)
        break;
    default:
        STORE_INTEGERS(int64_t)
    }
}

/* Writes count numbers, at most BLOCK, as integers. Returns as numbers_try_to_arrow. */
static Py_ssize_t
write_integers(const Column *column, const Numbers *numbers, const char *from, Py_ssize_t count,
               uint8_t *to)
{
    int64_t integers[BLOCK];
    int64_t least, greatest;
    Py_ssize_t fitting = 0;

    range_of(column, &least, &greatest);
    Py_ssize_t read = numbers->type->read_integers(from, numbers->stride, count, integers);
    while (fitting < read && integers[fitting] >= least && integers[fitting] <= greatest) {
        fitting++;
    }
    store_integers(integers, fitting, column->codec->bit_width, to);
    return fitting;
}

/* Writes count numbers, at most BLOCK, as FLOAT or DOUBLE. Returns as numbers_try_to_arrow. */
static Py_ssize_t
write_floats(const Column *column, const Numbers *numbers, const char *from, Py_ssize_t count,
             uint8_t *to)
{
    double wide[BLOCK];
    float narrow[BLOCK];
    bool overflow = false;
    Py_ssize_t fitting = 0;

    numbers->type->read_doubles(from, numbers->stride, count, wide);
    if (column->codec->bit_width == 64) {
        memcpy(to, wide, (size_t)count * sizeof(wide[0]));
        return count;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        narrow[i] = (float)wide[i];
        overflow |= isinf(narrow[i]) && !isinf(wide[i]);
    }
    while (fitting < count && !(overflow && isinf(narrow[fitting]) && !isinf(wide[fitting]))) {
        fitting++;
    }
    memcpy(to, narrow, (size_t)fitting * sizeof(narrow[0]));
    return fitting;
}

static void
write_bools(Columns *columns, Column *column, int64_t row, const Numbers *numbers)
{
    for (Py_ssize_t i = 0; i < numbers->count; i++) {
        set_bit(column_values(columns, column), row + i, numbers->start[i * numbers->stride] != 0);
    }
}

Py_ssize_t
numbers_try_to_arrow(Columns *columns, Column *column, int64_t row, const Numbers *numbers)
{
    size_t width = (size_t)column->codec->bit_width / 8;
    uint8_t *to = column_values(columns, column) + (size_t)row * width;

    set_bits(columns->arena + column->validity_offset, row, row + numbers->count);
    if (numbers->type == NULL) {
        write_bools(columns, column, row, numbers);
        return numbers->count;
    }
    if (numbers->type->arrow == column->codec->format[0] &&
        numbers->stride == numbers->type->size) {
        if (numbers->count > 0) {
            memcpy(to, numbers->start, (size_t)numbers->count * width);
        }
        return numbers->count;
    }
    bool is_float = column->codec->kind == KIND_FLOATING_POINT;
    for (Py_ssize_t done = 0; done < numbers->count; done += BLOCK) {
        Py_ssize_t count = numbers->count - done < BLOCK ? numbers->count - done : BLOCK;
        const char *from = numbers->start + done * numbers->stride;
        uint8_t *block = to + (size_t)done * width;
        Py_ssize_t written = is_float ? write_floats(column, numbers, from, count, block)
                                      : write_integers(column, numbers, from, count, block);
        if (written < count) {
            return done + written;
        }
    }
    return numbers->count;
}

bool
matrix_try_to_arrow(Columns *columns, int first, int width, int64_t row, int64_t count,
                    const Numbers *numbers)
{
    for (int i = 0; i < width; i++) {
        const Numbers column = {numbers->type, numbers->start + i * numbers->stride,
                                width * numbers->stride, (Py_ssize_t)count};
        if (numbers_try_to_arrow(columns, columns->fields[first + i], row, &column) < count) {
            return false;
        }
    }
    return true;
}

bool
arrays_try_to_arrow(Columns *columns, Column *column, int64_t row, int64_t count,
                    const int64_t *lengths, int levels, const Numbers *numbers)
{
    for (int level = 0; level < levels && count > 0; level++) {
        int64_t length = lengths[level];
        int64_t start = offset_at(columns->arena, column, row);
        if (columns_try_reserve(column->elements, start + count * length) < 0) {
            return false;
        }
        set_bits(columns->arena + column->validity_offset, row, row + count);
        for (int64_t i = 1; i <= count; i++) {
            set_offset(columns, column, row + i, (int32_t)(start + i * length));
        }
        row = start;
        count *= length;
        columns = column->elements;
        column = &columns->columns[0];
    }
    return numbers_try_to_arrow(columns, column, row, numbers) == numbers->count;
}

int
numbers_to_arrow(Columns *columns, Column *column, int64_t row, const Numbers *numbers,
                 int64_t *failed)
{
    int64_t least, greatest;

    Py_ssize_t written = numbers_try_to_arrow(columns, column, row, numbers);
    if (written == numbers->count) {
        return 0;
    }
    *failed = row + written;
    if (column->codec->kind == KIND_FLOATING_POINT) {
        return raise_conversion_error(columns, column, "number out of range of %U", column->type);
    }
    range_of(column, &least, &greatest);
    return raise_conversion_error(columns, column, "int out of range of %U (%lld to %lld)",
                                  column->type, (long long)least, (long long)greatest);
}
