/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the inputs of an ONNX file from columns. */

#include "onnx_input.h"

#include "matrix.h"

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
        if (length < 1 || !fits || !arrays_have_length(columns, column, row, count, length)) {
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
    return numbers_from_elements(columns, row, end - row, tensor->element->number, &tensor->buffer);
}

/* The columns that fill an input. */
typedef struct {
    const OnnxTensor *tensor;
    const Columns *columns;
} InputColumns;

/* A WriteColumn. */
static bool
write_column(const void *source, Py_ssize_t index, int64_t row, int64_t count, char *to,
             size_t stride)
{
    const InputColumns *self = source;

    const Column *column = self->columns->fields[self->tensor->first + index];
    return numbers_from_column(self->columns, column, row, count, self->tensor->element->number, to,
                               stride);
}

const char *
onnx_input_elements(OnnxTensor *tensor, const Columns *columns, int64_t row, int64_t count)
{
    if (tensor->depth > 0) {
        return array_elements(tensor, columns, row, count);
    }
    const InputColumns source = {tensor, columns};
    size_t size = number_size(tensor->element->number);
    char *matrix = buffer_reserve(&tensor->buffer, count, (size_t)tensor->count * size);
    bool fit = matrix != NULL &&
               fill_matrix(write_column, &source, row, count, tensor->count, size, matrix);
    return fit ? matrix : NULL;
}
