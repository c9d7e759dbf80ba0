/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the inputs of an ONNX file from columns. */

#include "onnx_input.h"

/* Rows of a matrix that are written at once: they stay in the cache. */
#define BLOCK 64

static int
raise_no_numbers(const OnnxTensor *tensor)
{
    PyErr_Format(PyExc_ValueError, "the columns cannot fill the input '%s'", tensor->name);
    return -1;
}

static bool
can_fill(const OnnxTensor *tensor, const Column *column)
{
    Number number = tensor->element->number;
    bool takes_floats = number == NUMBER_FLOAT || number == NUMBER_DOUBLE;
    return is_number_column(column) && (takes_floats || column->codec->kind != KIND_FLOATING_POINT);
}

int
onnx_input_check(const OnnxTensor *tensor, const Columns *columns)
{
    if (tensor->first + tensor->count > columns->field_count) {
        return raise_no_numbers(tensor);
    }
    for (int i = 0; i < tensor->count; i++) {
        const Column *column = innermost_column(columns->fields[tensor->first + i], tensor->depth);
        if (column == NULL || !can_fill(tensor, column)) {
            return raise_no_numbers(tensor);
        }
    }
    return 0;
}

/* Whether the ARRAYs of count rows have this length. */
static bool
have_length(const Columns *columns, const Column *column, int64_t row, int64_t count,
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
    return true;
}

bool
onnx_input_shape(const OnnxTensor *tensor, const Columns *columns, int64_t row, int64_t count,
                 Shape *shape)
{
    const Column *column = columns->fields[tensor->first];

    *shape = tensor->row;
    for (int level = 0; level < tensor->depth; level++) {
        int64_t start = offset_at(columns->arena, column, row);
        int64_t length = offset_at(columns->arena, column, row + 1) - start;
        bool fits = tensor->row.sizes[level] < 0 || tensor->row.sizes[level] == length;
        if (length < 1 || !fits || has_nulls(columns, column, row, count) ||
            !have_length(columns, column, row, count, length)) {
            return false;
        }
        shape->sizes[level] = length;
        row = start;
        count *= length;
        columns = column->elements;
        column = &columns->columns[0];
    }
    return true;
}

/* Returns the elements of an ARRAY column; see onnx_input_elements. */
static const char *
array_elements(OnnxTensor *tensor, const Columns *columns, int64_t row, int64_t count)
{
    const Column *column = columns->fields[tensor->first];
    int64_t end = row + count;

    for (int level = 0; level < tensor->depth; level++) {
        row = offset_at(columns->arena, column, row);
        end = offset_at(columns->arena, column, end);
        columns = column->elements;
        column = &columns->columns[0];
    }
    const char *numbers =
        numbers_in_column(columns, column, row, end - row, tensor->element->number);
    if (numbers != NULL) {
        return numbers;
    }
    /* A null among integers is an error, as in a numpy array of them. */
    if (column->codec->kind != KIND_FLOATING_POINT && has_nulls(columns, column, row, end - row)) {
        return NULL;
    }
    size_t size = number_size(tensor->element->number);
    char *buffer = onnx_tensor_reserve(tensor, (size_t)(end - row) * size);
    bool fit = buffer != NULL && numbers_from_column(columns, column, row, end - row,
                                                     tensor->element->number, buffer, size);
    return fit ? buffer : NULL;
}

const char *
onnx_input_elements(OnnxTensor *tensor, const Columns *columns, int64_t row, int64_t count)
{
    if (tensor->depth > 0) {
        return array_elements(tensor, columns, row, count);
    }
    size_t size = number_size(tensor->element->number);
    size_t stride = (size_t)tensor->count * size;
    char *buffer = onnx_tensor_reserve(tensor, (size_t)count * stride);
    for (int64_t done = 0; buffer != NULL && done < count; done += BLOCK) {
        int64_t rows = count - done < BLOCK ? count - done : BLOCK;
        for (int i = 0; i < tensor->count; i++) {
            char *to = buffer + (size_t)done * stride + (size_t)i * size;
            if (!numbers_from_column(columns, columns->fields[tensor->first + i], row + done, rows,
                                     tensor->element->number, to, stride)) {
                return NULL;
            }
        }
    }
    return buffer;
}
