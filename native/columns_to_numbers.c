/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the numbers of a column. Integers become doubles before they become floats, as they do in
   the struct module. */

#include "columns_to_numbers.h"

#include "number_type.h"

#include <math.h>

/* In numbers; what is read at once. */
#define BLOCK 64

size_t
number_size(Number number)
{
    static const uint8_t sizes[] = {
        [NUMBER_INT8] = 1,  [NUMBER_INT16] = 2,  [NUMBER_INT32] = 4,  [NUMBER_INT64] = 8,
        [NUMBER_UINT8] = 1, [NUMBER_UINT16] = 2, [NUMBER_UINT32] = 4, [NUMBER_UINT64] = 8,
        [NUMBER_BOOL] = 1,  [NUMBER_FLOAT] = 4,  [NUMBER_DOUBLE] = 8,
    };
    return sizes[number];
}

bool
is_number_column(const Column *column)
{
    Kind kind = column->codec->kind;
    return kind == KIND_BOOLEAN || kind == KIND_INTEGER || kind == KIND_FLOATING_POINT;
}

const Column *
innermost_column(const Column *column, int levels)
{
    for (; levels > 0; levels--) {
        if (column->codec->kind != KIND_LIST) {
            return NULL;
        }
        column = &column->elements->columns[0];
    }
    return column;
}

bool
has_nulls(const Columns *columns, const Column *column, int64_t row, int64_t count)
{
    const uint8_t *validity = columns->arena + column->validity_offset;
    return count == 1 ? !bit_is_set(validity, row) : count_nulls(validity, row, row + count) > 0;
}

/* Reads count values of TYPE as doubles and stores them as TO. */
#define CONVERT(TYPE, TO)                                                                          \
    for (int64_t i = 0; i < count; i++) {                                                          \
        TYPE value;                                                                                \
        memcpy(&value, from + (size_t)i * sizeof(value), sizeof(value));                           \
        double wide = (double)value;                                                               \
        TO narrow = (TO)wide;                                                                      \
        overflow |= isinf(narrow) && !isinf(wide);                                                 \
        memcpy(to + (size_t)i * stride, &narrow, sizeof(narrow));                                  \
    }                                                                                              \
    break;

/* Stores count values as TO, and returns whether one became infinite; a null may be among them. */
#define DEFINE_STORE(TO)                                                                           \
    static bool store_##TO(const Columns *columns, const Column *column, int64_t row,              \
                           int64_t count, char *to, size_t stride)                                 \
    {                                                                                              \
        const uint8_t *values = column_values(columns, column);                                    \
        const uint8_t *from = values + (size_t)row * ((size_t)column->codec->bit_width / 8);       \
        bool overflow = false;                                                                     \
        switch (column->codec->format[0]) {                                                        \
        case 'g':                                                                                  \
            CONVERT(double, TO)                                                                    \
        case 'f':                                                                                  \
            CONVERT(float, TO)                                                                     \
        case 'l':                                                                                  \
            CONVERT(int64_t, TO)                                                                   \
        case 'i':                                                                                  \
            CONVERT(int32_t, TO)                                                                   \
        case 's':                                                                                  \
            CONVERT(int16_t, TO)                                                                   \
        case 'c':                                                                                  \
            CONVERT(int8_t, TO)                                                                    \
        default:                                                                                   \
            for (int64_t i = 0; i < count; i++) {                                                  \
                TO bit = bit_is_set(values, row + i);                                              \
                memcpy(to + (size_t)i * stride, &bit, sizeof(bit));                                \
            }                                                                                      \
        }                                                                                          \
        return overflow;                                                                           \
    }                                                                                              \
                                                                                                   \
    static void store_nans_##TO(const Columns *columns, const Column *column, int64_t row,         \
                                int64_t count, char *to, size_t stride)                            \
    {                                                                                              \
        const uint8_t *validity = columns->arena + column->validity_offset;                        \
        const TO nan = (TO)Py_NAN;                                                                 \
        for (int64_t i = 0; i < count; i++) {                                                      \
            if (!bit_is_set(validity, row + i)) {                                                  \
                memcpy(to + (size_t)i * stride, &nan, sizeof(nan));                                \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_STORE(float)
DEFINE_STORE(double)

/* Whether no finite value of these rows of DOUBLE becomes infinite as a float. */
static bool
fit_floats(const Columns *columns, const Column *column, int64_t row, int64_t count)
{
    const uint8_t *validity = columns->arena + column->validity_offset;

    for (int64_t i = row; i < row + count; i++) {
        double value;
        memcpy(&value, column_values(columns, column) + (size_t)i * sizeof(value), sizeof(value));
        if (bit_is_set(validity, i) && !isinf(value) && isinf((float)value)) {
            return false;
        }
    }
    return true;
}

static bool
floats_from_column(const Columns *columns, const Column *column, int64_t row, int64_t count,
                   char *to, size_t stride)
{
    /* What is behind a null may overflow too. */
    if (store_float(columns, column, row, count, to, stride) &&
        !fit_floats(columns, column, row, count)) {
        return false;
    }
    if (has_nulls(columns, column, row, count)) {
        store_nans_float(columns, column, row, count, to, stride);
    }
    return true;
}

static void
doubles_from_column(const Columns *columns, const Column *column, int64_t row, int64_t count,
                    char *to, size_t stride)
{
    store_double(columns, column, row, count, to, stride);
    if (has_nulls(columns, column, row, count)) {
        store_nans_double(columns, column, row, count, to, stride);
    }
}

/* Reads count integers or booleans, at most BLOCK. */
static void
read_integers(const Columns *columns, const Column *column, int64_t row, int64_t count, int64_t *to)
{
    const uint8_t *values = column_values(columns, column);

    if (column->codec->kind == KIND_BOOLEAN) {
        for (int64_t i = 0; i < count; i++) {
            to[i] = bit_is_set(values, row + i);
        }
        return;
    }
    const NumberType *type = number_type_of_arrow(column->codec->format);
    type->read_integers((const char *)values + row * type->size, type->size, (Py_ssize_t)count, to);
}

#define STORE_INTEGERS(TYPE)                                                                       \
    for (int64_t i = 0; i < count; i++) {                                                          \
        TYPE integer = (TYPE)from[i];                                                              \
        memcpy(to + (size_t)i * stride, &integer, sizeof(integer));                                \
    }                                                                                              \
    break;

/* Writes integers that are in range. */
static void
store_integers(const int64_t *from, int64_t count, Number number, char *to, size_t stride)
{
    switch (number_size(number)) {
    case 1:
        STORE_INTEGERS(int8_t)
    case 2:
        STORE_INTEGERS(int16_t)
    case 4:
        STORE_INTEGERS(int32_t)
    default:
        STORE_INTEGERS(int64_t)
    }
}

static bool
fit_integers(const int64_t *integers, int64_t count, Number number)
{
    static const struct {
        int64_t least, greatest;
    } ranges[] = {
        [NUMBER_INT8] = {INT8_MIN, INT8_MAX},
        [NUMBER_INT16] = {INT16_MIN, INT16_MAX},
        [NUMBER_INT32] = {INT32_MIN, INT32_MAX},
        [NUMBER_INT64] = {INT64_MIN, INT64_MAX},
        [NUMBER_UINT8] = {0, UINT8_MAX},
        [NUMBER_UINT16] = {0, UINT16_MAX},
        [NUMBER_UINT32] = {0, UINT32_MAX},
        [NUMBER_UINT64] = {0, INT64_MAX},
        [NUMBER_BOOL] = {0, 1},
    };
    bool fit = true;
    for (int64_t i = 0; i < count; i++) {
        fit &= integers[i] >= ranges[number].least && integers[i] <= ranges[number].greatest;
    }
    return fit;
}

static bool
integers_from_column(const Columns *columns, const Column *column, int64_t row, int64_t count,
                     Number number, char *to, size_t stride)
{
    int64_t integers[BLOCK];

    if (has_nulls(columns, column, row, count)) {
        return false;
    }
    for (int64_t done = 0; done < count; done += BLOCK) {
        int64_t size = count - done < BLOCK ? count - done : BLOCK;
        read_integers(columns, column, row + done, size, integers);
        if (!fit_integers(integers, size, number)) {
            return false;
        }
        store_integers(integers, size, number, to + (size_t)done * stride, stride);
    }
    return true;
}

bool
numbers_from_column(const Columns *columns, const Column *column, int64_t row, int64_t count,
                    Number number, char *to, size_t stride)
{
    switch (number) {
    case NUMBER_FLOAT:
        return floats_from_column(columns, column, row, count, to, stride);
    case NUMBER_DOUBLE:
        doubles_from_column(columns, column, row, count, to, stride);
        return true;
    default:
        return column->codec->kind != KIND_FLOATING_POINT &&
               integers_from_column(columns, column, row, count, number, to, stride);
    }
}

const char *
numbers_in_column(const Columns *columns, const Column *column, int64_t row, int64_t count,
                  Number number)
{
    static const char formats[] = {
        [NUMBER_INT8] = 'c',  [NUMBER_INT16] = 's', [NUMBER_INT32] = 'i',
        [NUMBER_INT64] = 'l', [NUMBER_FLOAT] = 'f', [NUMBER_DOUBLE] = 'g',
    };
    if (formats[number] != column->codec->format[0] || has_nulls(columns, column, row, count)) {
        return NULL;
    }
    return (const char *)column_values(columns, column) + (size_t)row * number_size(number);
}
