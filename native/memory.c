/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of columns: arenas and data buffers. */

#include "memory.h"

#include "block.h"
#include "conversion_error.h"

/* Arrow asks for buffers aligned to 8 bytes. */
#define ALIGNMENT 8

/* Java's views reach no further, and neither do int32 offsets. */
#define MAX_SIZE INT32_MAX

/* In bytes; a smaller buffer never shrinks. */
#define LARGE_SIZE (1 << 20)

/* A large buffer shrinks when less than this part of it is used. */
#define SHRINK_PART 4

/* In bytes; enough for a short text, so that most data buffers never grow. */
#define FIRST_DATA_CAPACITY 256

/* In elements; so that short lists never grow. */
#define FIRST_ELEMENTS 64

static size_t
align(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Returns the size in the arena of the values of this many rows. */
static size_t
values_size(const Column *column, int64_t rows)
{
    size_t values = (size_t)rows + (has_offsets(column->codec) ? 1 : 0);
    return (values * (size_t)column->codec->bit_width + 7) / 8;
}

/* Bitmaps are not aligned where they have one byte, because a Row copies the arena of one row. */
static size_t
validity_size(int64_t rows)
{
    size_t size = ((size_t)rows + 7) / 8;
    return size <= 1 ? size : align(size);
}

/* Gives each column its place in an arena for this many rows. */
static void
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
}

/* Returns the size of an arena for this many rows. */
static size_t
arena_size(const Columns *columns, int64_t rows)
{
    size_t size = 0;

    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        size += align(values_size(&columns->columns[i], rows)) + validity_size(rows);
    }
    return align(size);
}

/* Sets the validity of all rows: Java clears the bit of a null, and sets it again only after
   that. */
static void
set_all_valid(const Columns *columns)
{
    if (Py_SIZE(columns) > 0) {
        size_t start = columns->columns[0].validity_offset;
        memset(columns->arena + start, UINT8_MAX, columns->arena_size - start);
    }
}

static void
note_size(Columns *columns, size_t size)
{
    columns->root->large = columns->root->large || size > LARGE_SIZE;
}

/* Notes that memory of one size took the place of memory of another one. */
static void
note_change(const Columns *columns, size_t old_size, size_t size)
{
    atomic_fetch_add_explicit(&columns->root->bytes, (int64_t)size - (int64_t)old_size,
                              memory_order_relaxed);
}

/* Replaces the arena by one for this many rows, with the contents of the first kept rows. Returns 0
   or NO_MEMORY. */
static int
replace_arena(Columns *columns, int64_t rows, int64_t kept)
{
    uint8_t *old = columns->arena;
    int64_t old_rows = columns->capacity;
    size_t size = arena_size(columns, rows);
    uint8_t *arena = block_new_zeroed(size);

    if (arena == NULL) {
        return NO_MEMORY;
    }
    const uint8_t *values = old;
    const uint8_t *validity = old;
    for (Py_ssize_t i = 0; kept > 0 && i < Py_SIZE(columns); i++) {
        validity += align(values_size(&columns->columns[i], old_rows));
    }
    lay_out(columns, rows);
    note_change(columns, old == NULL ? 0 : columns->arena_size, size);
    columns->arena = arena;
    columns->arena_size = size;
    columns->capacity = rows;
    set_all_valid(columns);
    for (Py_ssize_t i = 0; kept > 0 && i < Py_SIZE(columns); i++) {
        const Column *column = &columns->columns[i];
        memcpy(arena + column->values_offset, values, values_size(column, kept));
        memcpy(arena + column->validity_offset, validity, ((size_t)kept + 7) / 8);
        values += align(values_size(column, old_rows));
        validity += validity_size(old_rows);
    }
    block_release(old);
    columns->root->moved = true;
    note_size(columns, size);
    return 0;
}

int
columns_try_reserve(Columns *columns, int64_t rows)
{
    if (rows <= columns->capacity) {
        return 0;
    }
    int64_t least = columns->root == columns ? 1 : FIRST_ELEMENTS;
    int64_t capacity = columns->capacity * 2 > rows ? columns->capacity * 2 : rows;
    capacity = capacity > least ? capacity : least;
    if (capacity > MAX_SIZE || arena_size(columns, capacity) > MAX_SIZE) {
        capacity = rows;
    }
    if (capacity > MAX_SIZE || arena_size(columns, capacity) > MAX_SIZE) {
        return TOO_LARGE;
    }
    return replace_arena(columns, capacity, columns->capacity);
}

int
column_try_reserve_data(Columns *columns, Column *column, int64_t capacity)
{
    if (capacity <= column->data_capacity) {
        return 0;
    }
    int64_t doubled = column->data_capacity * 2;
    if (capacity < doubled) {
        capacity = doubled < MAX_SIZE ? doubled : MAX_SIZE;
    }
    if (capacity < FIRST_DATA_CAPACITY) {
        capacity = FIRST_DATA_CAPACITY;
    }
    uint8_t *data = column->data == NULL ? block_new((size_t)capacity)
                                         : block_resize(column->data, (size_t)column->data_capacity,
                                                        (size_t)capacity);
    if (data == NULL) {
        return NO_MEMORY;
    }
    note_change(columns, (size_t)column->data_capacity, (size_t)capacity);
    column->data = data;
    column->data_capacity = capacity;
    columns->root->moved = true;
    note_size(columns, (size_t)capacity);
    return 0;
}

int
raise_column_full(const Columns *columns, const Column *column, int status)
{
    if (column == NULL && columns->root != columns) {
        column = &columns->columns[0]; /* the elements themselves */
    }
    if (status == TOO_LARGE) {
        return raise_conversion_error(columns, column,
                                      "the values of one call take more than %d bytes", MAX_SIZE);
    }
    PyErr_NoMemory();
    return -1;
}

int
columns_reserve(Columns *columns, int64_t rows)
{
    int status = columns_try_reserve(columns, rows);
    return status == 0 ? 0 : raise_column_full(columns, NULL, status);
}

int
column_reserve_data(Columns *columns, Column *column, int64_t capacity)
{
    int status = column_try_reserve_data(columns, column, capacity);
    return status == 0 ? 0 : raise_column_full(columns, column, status);
}

void
columns_free_memory(Columns *columns)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        Column *column = &columns->columns[i];
        block_release(column->data);
        column->data = NULL;
        column->data_capacity = 0;
        if (column->elements != NULL) {
            columns_free_memory(column->elements);
        }
    }
    block_release(columns->arena);
    columns->arena = NULL;
    columns->capacity = 0;
}

int
columns_append_bytes(Columns *columns, Column *column, int64_t row, const void *bytes, int64_t size)
{
    int32_t start = offset_at(columns->arena, column, row);

    if (size > MAX_SIZE - start) {
        return raise_conversion_error(columns, column,
                                      "the values of one call have more than %d bytes", MAX_SIZE);
    }
    if (column_reserve_data(columns, column, start + size) < 0) {
        return WRITE_FAILED;
    }
    if (size > 0) {
        memcpy(column->data + start, bytes, (size_t)size);
    }
    set_offset(columns, column, row + 1, start + (int32_t)size);
    return WRITE_VALUE;
}

/* Whether a buffer is to be replaced by one of the first size. */
static bool
is_too_large(size_t size, size_t used)
{
    return size > LARGE_SIZE && used < size / SHRINK_PART;
}

/* Resets the data buffer, of which this many bytes are used. Returns 0 or NO_MEMORY. */
static int
reset_data(Columns *columns, Column *column, int64_t used)
{
    bool too_large = is_too_large((size_t)column->data_capacity, (size_t)used);

    if (too_large || block_is_shared(column->data)) {
        int64_t capacity = too_large ? FIRST_DATA_CAPACITY : column->data_capacity;
        uint8_t *data = block_new((size_t)capacity);
        if (data == NULL) {
            return NO_MEMORY;
        }
        block_release(column->data);
        note_change(columns, (size_t)column->data_capacity, (size_t)capacity);
        column->data = data;
        column->data_capacity = capacity;
        columns->root->moved = true;
    }
    note_size(columns, (size_t)column->data_capacity);
    return 0;
}

/* Returns the offset behind the values of this many rows, within bounds even if the code of a user
   wrote to exported memory. */
static int64_t
used_to(const Columns *columns, const Column *column, int64_t rows)
{
    int64_t limit = column->elements == NULL ? column->data_capacity : column->elements->capacity;
    int64_t end = offset_at(columns->arena, column, rows);
    return end < 0 ? 0 : end < limit ? end : limit;
}

/* Resets columns that hold this many rows. Returns 0 or NO_MEMORY. */
static int
reset(Columns *columns, int64_t rows)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        Column *column = &columns->columns[i];
        int64_t used = has_offsets(column->codec) ? used_to(columns, column, rows) : 0;
        if ((column->codec->layout == VARIABLE_WIDTH && reset_data(columns, column, used) < 0) ||
            (column->elements != NULL && reset(column->elements, used) < 0)) {
            return NO_MEMORY;
        }
    }
    bool too_large = is_too_large(columns->arena_size, arena_size(columns, rows));
    if (too_large || block_is_shared(columns->arena)) {
        return replace_arena(columns, too_large ? FIRST_ELEMENTS : columns->capacity, 0);
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        if (has_offsets(columns->columns[i].codec)) {
            set_offset(columns, &columns->columns[i], 0, 0);
        }
    }
    set_all_valid(columns);
    note_size(columns, columns->arena_size);
    return 0;
}

int
columns_try_reset(Columns *columns, int64_t rows)
{
    if (!columns->large && !columns->exported) {
        return 0;
    }
    columns->large = false;
    if (reset(columns, rows) < 0) {
        columns->large = true;
        return NO_MEMORY;
    }
    columns->exported = false;
    return 0;
}

int
columns_reset(Columns *columns, int64_t rows)
{
    int status = columns_try_reset(columns, rows);
    return status == 0 ? 0 : raise_column_full(columns, NULL, status);
}
