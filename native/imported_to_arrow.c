/* SPDX-License-Identifier: Apache-2.0 */
/* Copies Arrow arrays of other libraries to columns. No user code runs.

   Values are checked as on the row path. Values below a null are not copied. */

#include "imported_to_arrow.h"

#include "arrow_c_data.h"
#include "conversion_error.h"
#include "memory.h"

/* Rows of one column, and the part of an array that they are copied from. */
typedef struct {
    Columns *columns;
    Column *column;
    const struct ArrowArray *array;
    int64_t from; /* with the offset of the array */
    int64_t row;
    int64_t count;
    const uint8_t *present; /* bits of the column's rows that are neither null nor in a null ROW;
                               NULL where all are */
} Copy;

static int
raise_wrong_arrow_type(const Columns *columns, const Column *column,
                       const struct ArrowSchema *schema)
{
    return raise_conversion_error(columns, column, "expected %U (Arrow %U), got Arrow type %s%s",
                                  column->type, column->format, schema->format,
                                  schema->dictionary == NULL ? "" : " of a dictionary");
}

/* Checks that schema is just that of the column, names of fields where has_names is set. Returns
   0, or -1 with an exception set. */
static int
check_type(const Columns *columns, const Column *column, const struct ArrowSchema *schema,
           bool has_names)
{
    int64_t children = count_children(column);

    if (schema->dictionary != NULL || schema->n_children != children ||
        PyUnicode_CompareWithASCIIString(column->format, schema->format) != 0) {
        return raise_wrong_arrow_type(columns, column, schema);
    }
    if (column->codec->layout == LIST) {
        return check_type(column->elements, &column->elements->columns[0], schema->children[0],
                          column->codec->kind != KIND_MAP);
    }
    const Column *field = column + 1;
    for (int64_t i = 0; i < children; i++) {
        const char *name = schema->children[i]->name;
        Py_ssize_t size;
        const char *expected = PyUnicode_AsUTF8AndSize(field->name, &size);
        if (expected == NULL) {
            return -1;
        }
        if (has_names && (name == NULL || strcmp(name, expected) != 0)) {
            return raise_conversion_error(
                columns, column, "got an Arrow struct with other fields than %U", column->type);
        }
        if (check_type(columns, field, schema->children[i], true) < 0) {
            return -1;
        }
        field += field->span;
    }
    return 0;
}

static int
raise_invalid(const Copy *copy)
{
    return raise_conversion_error(copy->columns, copy->column, "the Arrow array is not valid");
}

static bool
is_present(const Copy *copy, int64_t i)
{
    return copy->present == NULL || bit_is_set(copy->present, copy->row + i);
}

static void
copy_bits(uint8_t *to, int64_t to_start, const uint8_t *from, int64_t from_start, int64_t count)
{
    int64_t i = 0;

    for (; i < count && (to_start + i) % 8 != 0; i++) {
        set_bit(to, to_start + i, bit_is_set(from, from_start + i));
    }
    int shift = (int)((from_start + i) % 8);
    for (; i + 8 <= count; i += 8) {
        const uint8_t *byte = from + (from_start + i) / 8;
        to[(to_start + i) / 8] =
            shift == 0 ? byte[0] : (uint8_t)(byte[0] >> shift | byte[1] << (8 - shift));
    }
    for (; i < count; i++) {
        set_bit(to, to_start + i, bit_is_set(from, from_start + i));
    }
}

/* Copies the bits of validity and fills copy->present; around has those of the ROW that the column
   is in, or is NULL. Returns as imported_to_arrow. */
static int
copy_validity(Copy *copy, const uint8_t *around, int64_t *failed)
{
    const Column *column = copy->column;
    uint8_t *validity = copy->columns->arena + column->validity_offset;
    const uint8_t *from = copy->array->null_count == 0 ? NULL : copy->array->buffers[0];
    int64_t end = copy->row + copy->count;

    if (from == NULL) {
        set_bits(validity, copy->row, end);
    }
    else {
        copy_bits(validity, copy->row, from, copy->from, copy->count);
    }
    if (column->nullable) {
        for (int64_t row = copy->row; around != NULL && row < end; row++) {
            if (!bit_is_set(around, row)) {
                set_bit(validity, row, false);
            }
        }
        copy->present = from == NULL && around == NULL ? NULL : validity;
        return 0;
    }
    for (int64_t row = copy->row; from != NULL && row < end; row++) {
        if (!bit_is_set(validity, row) && (around == NULL || bit_is_set(around, row))) {
            *failed = row;
            return raise_conversion_error(copy->columns, column, "null in a column of type %U",
                                          column->type);
        }
    }
    set_bits(validity, copy->row, end);
    copy->present = around;
    return 0;
}

/* Sets the values below nulls to 0. Those in a null ROW, of a NOT NULL field, are seen as valid. */
static void
clear_absent(const Copy *copy, uint8_t *to, size_t width)
{
    for (int64_t i = 0; copy->present != NULL && i < copy->count; i++) {
        if (!is_present(copy, i)) {
            memset(to + (size_t)i * width, 0, width);
        }
    }
}

static int
copy_fixed_width(const Copy *copy)
{
    int bit_width = copy->column->codec->bit_width;
    uint8_t *values = column_values(copy->columns, copy->column);
    const uint8_t *from = copy->array->buffers[1];

    if (copy->count == 0) {
        return 0;
    }
    if (from == NULL) {
        return raise_invalid(copy);
    }
    if (bit_width == 1) {
        copy_bits(values, copy->row, from, copy->from, copy->count);
        return 0;
    }
    size_t width = (size_t)bit_width / 8;
    uint8_t *to = values + (size_t)copy->row * width;
    memcpy(to, from + (size_t)copy->from * width, (size_t)copy->count * width);
    clear_absent(copy, to, width);
    return 0;
}

/* Fills the start and the size of the i-th value of an array with offsets. Returns 0, or -1 with an
   exception set. */
static int
locate(const Copy *copy, int64_t i, int64_t *start, int64_t *size)
{
    const uint8_t *offsets = copy->array->buffers[1];
    int32_t bounds[2];

    if (offsets == NULL) {
        return raise_invalid(copy);
    }
    memcpy(bounds, offsets + (size_t)(copy->from + i) * sizeof(bounds[0]), sizeof(bounds));
    *start = bounds[0];
    *size = (int64_t)bounds[1] - bounds[0];
    return *start < 0 || *size < 0 ? raise_invalid(copy) : 0;
}

static int
copy_variable_width(const Copy *copy, int64_t *failed)
{
    Columns *columns = copy->columns;
    const char *data = copy->array->buffers[2] == NULL ? "" : copy->array->buffers[2];

    for (int64_t i = 0; i < copy->count; i++) {
        int64_t start = 0;
        int64_t size = 0;
        int64_t row = copy->row + i;
        if (!is_present(copy, i)) {
            set_offset(columns, copy->column, row + 1,
                       offset_at(columns->arena, copy->column, row));
            continue;
        }
        *failed = row;
        if (locate(copy, i, &start, &size) < 0 ||
            columns_append_bytes(columns, copy->column, row, data + start, size) < 0) {
            return -1;
        }
    }
    return 0;
}

static int copy_array(Copy *copy, const uint8_t *around, int64_t *failed);

/* Turns the index of an element into that of the row that it is in. */
static void
find_row(const Copy *copy, int64_t *index)
{
    int64_t row = copy->row;
    while (*index >= 0 && offset_at(copy->columns->arena, copy->column, row + 1) <= *index) {
        row++;
    }
    *index = *index < 0 ? -1 : row;
}

/* Copies adjacent elements. The offsets of their lists have been written. */
static int
copy_elements(const Copy *copy, int64_t start, int64_t index, int64_t count, int64_t *failed)
{
    Columns *elements = copy->column->elements;
    Copy inner = {
        .columns = elements,
        .column = &elements->columns[0],
        .array = copy->array->children[0],
        .from = start,
        .row = index,
        .count = count,
    };

    if (copy_array(&inner, NULL, failed) < 0) {
        find_row(copy, failed);
        return -1;
    }
    return 0;
}

/* Elements are copied in runs: a run ends before elements that belong to a null. */
static int
copy_lists(const Copy *copy, int64_t *failed)
{
    Columns *columns = copy->columns;
    Columns *elements = copy->column->elements;
    int64_t run_start = 0; /* in the array */
    int64_t run_index = offset_at(columns->arena, copy->column, copy->row);
    int64_t run_count = 0;

    for (int64_t i = 0; i < copy->count; i++) {
        int64_t start = 0;
        int64_t size = 0;
        int64_t row = copy->row + i;
        *failed = row;
        if (is_present(copy, i) && locate(copy, i, &start, &size) < 0) {
            return -1;
        }
        if (size > 0 && start != run_start + run_count) {
            if (copy_elements(copy, run_start, run_index, run_count, failed) < 0) {
                return -1;
            }
            run_index += run_count;
            run_start = start;
            run_count = 0;
        }
        run_count += size;
        *failed = -1;
        if (columns_reserve(elements, run_index + run_count) < 0) {
            return -1;
        }
        set_offset(columns, copy->column, row + 1, (int32_t)(run_index + run_count));
    }
    return copy_elements(copy, run_start, run_index, run_count, failed);
}

static int
copy_fields(const Copy *copy, int64_t *failed)
{
    Column *field = copy->column + 1;

    for (int64_t i = 0; i < copy->array->n_children; i++) {
        Copy inner = *copy;
        inner.column = field;
        inner.array = copy->array->children[i];
        if (copy_array(&inner, copy->present, failed) < 0) {
            return -1;
        }
        field += field->span;
    }
    return 0;
}

static int
copy_values(const Copy *copy, int64_t *failed)
{
    switch (copy->column->codec->layout) {
    case FIXED_WIDTH:
        return copy_fixed_width(copy);
    case VARIABLE_WIDTH:
        return copy_variable_width(copy, failed);
    case LIST:
        return copy_lists(copy, failed);
    default:
        return copy_fields(copy, failed);
    }
}

/* Copies one part of an array and of what is in it, and checks it. Fills copy->present, and adds
   the offset of the array to copy->from. Returns as imported_to_arrow. */
static int
copy_array(Copy *copy, const uint8_t *around, int64_t *failed)
{
    static const int64_t buffers[] = {
        [FIXED_WIDTH] = 2, [VARIABLE_WIDTH] = 3, [LIST] = 2, [STRUCT] = 1};
    const Codec *codec = copy->column->codec;
    const struct ArrowArray *array = copy->array;

    *failed = -1;
    if (array->n_buffers != buffers[codec->layout] ||
        array->n_children != count_children(copy->column) || array->offset < 0 ||
        copy->count > array->length - copy->from) {
        return raise_invalid(copy);
    }
    copy->from += array->offset;
    if (copy_validity(copy, around, failed) < 0) {
        return -1;
    }
    if (copy_values(copy, failed) < 0) {
        return -1;
    }
    return codec->check == NULL
               ? 0
               : codec->check(copy->columns, copy->column, copy->row, copy->count, failed);
}

int
imported_to_arrow(Columns *columns, Column *column, const ImportedArray *imported, int64_t rows,
                  int64_t *failed)
{
    Copy copy = {.columns = columns, .column = column, .array = &imported->array, .count = rows};

    return check_type(columns, column, &imported->schema, true) < 0
               ? -1
               : copy_array(&copy, NULL, failed);
}
