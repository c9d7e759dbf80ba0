/* The memory of columns: arenas and data buffers. */

#include "column.h"

#include <string.h>

/* Arrow asks for buffers aligned to 8 bytes. */
#define ALIGNMENT 8

static size_t
align(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Returns the bytes that the values of so many rows take in the arena. */
static size_t
values_size(const Column *column, int64_t rows)
{
    int64_t values = rows + (column->codec->variable ? 1 : 0);
    return (size_t)(values * column->codec->bit_width + 7) / 8;
}

static size_t
validity_size(int64_t rows)
{
    return (size_t)(rows + 7) / 8;
}

/* Gives each column its place in an arena for so many rows. Returns the arena's size. */
static size_t
lay_out(Columns *columns, int64_t rows)
{
    size_t offset = 0;

    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        columns->columns[i].values_offset = offset;
        offset += align(values_size(&columns->columns[i], rows));
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        columns->columns[i].validity_offset = offset;
        offset += validity_size(rows);
    }
    return align(offset);
}

/* Copies the first rows of one column from a place in an old arena to its place in a new one. */
static void
copy_column(const Column *column, uint8_t *arena, const uint8_t *values, const uint8_t *validity,
            int64_t rows)
{
    memcpy(arena + column->values_offset, values, values_size(column, rows));
    memcpy(arena + column->validity_offset, validity, validity_size(rows));
}

int
columns_reserve(Columns *columns, int64_t rows)
{
    if (rows <= columns->capacity) {
        return 0;
    }
    int64_t old_rows = columns->capacity;
    int64_t new_rows = old_rows * 2 > rows ? old_rows * 2 : rows;
    uint8_t *old = columns->arena;
    size_t size = lay_out(columns, new_rows);
    uint8_t *arena = PyMem_RawCalloc(1, size);

    if (arena == NULL) {
        lay_out(columns, old_rows);
        PyErr_NoMemory();
        return -1;
    }
    if (Py_SIZE(columns) > 0) {
        /* Java sets the bit of a row only after it has cleared it for a null. */
        size_t validity = columns->columns[0].validity_offset;
        memset(arena + validity, UINT8_MAX, size - validity);
    }
    if (old != NULL) {
        const uint8_t *values = old;
        const uint8_t *validity = old;
        for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
            validity += align(values_size(&columns->columns[i], old_rows));
        }
        for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
            copy_column(&columns->columns[i], arena, values, validity, old_rows);
            values += align(values_size(&columns->columns[i], old_rows));
            validity += validity_size(old_rows);
        }
        PyMem_RawFree(old);
    }
    columns->arena = arena;
    columns->arena_size = size;
    columns->capacity = new_rows;
    columns->moved = true;
    return 0;
}

int
column_reserve_data(Columns *columns, Column *column, int64_t capacity)
{
    if (capacity <= column->data_capacity) {
        return 0;
    }
    int64_t doubled = column->data_capacity * 2;
    if (capacity < doubled) {
        capacity = doubled < INT32_MAX ? doubled : INT32_MAX;
    }
    uint8_t *data = PyMem_RawRealloc(column->data, (size_t)capacity);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    column->data = data;
    column->data_capacity = capacity;
    columns->moved = true;
    return 0;
}

void
columns_free_memory(Columns *columns)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        Column *column = &columns->columns[i];
        PyMem_RawFree(column->data);
        column->data = NULL;
        column->data_capacity = 0;
    }
    PyMem_RawFree(columns->arena);
    columns->arena = NULL;
    columns->capacity = 0;
}

int
columns_append_bytes(Columns *columns, Column *column, int64_t row, const void *bytes,
                     int64_t size)
{
    int32_t offsets[2];
    uint8_t *place = column_values(columns, column) + (size_t)row * sizeof(offsets[0]);

    memcpy(&offsets[0], place, sizeof(offsets[0]));
    if (size > INT32_MAX - offsets[0]) {
        return raise_conversion_error(columns, column,
                                      "the values of one call have more than %d bytes", INT32_MAX);
    }
    if (column_reserve_data(columns, column, offsets[0] + size) < 0) {
        return WRITE_FAILED;
    }
    if (size > 0) {
        memcpy(column->data + offsets[0], bytes, (size_t)size);
    }
    offsets[1] = offsets[0] + (int32_t)size;
    memcpy(place, offsets, sizeof(offsets));
    return WRITE_VALUE;
}
