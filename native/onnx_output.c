/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the outputs of an ONNX file to columns. */

#include "onnx_output.h"

#include "memory.h"
#include "numbers_to_arrow.h"

static int
raise_cannot_take(const OnnxTensor *tensor)
{
    PyErr_Format(PyExc_ValueError, "the output '%s' cannot fill the columns", tensor->name);
    return -1;
}

int
onnx_output_check(const OnnxTensor *tensor, const Columns *columns)
{
    if (tensor->first + tensor->count > columns->field_count) {
        return raise_cannot_take(tensor);
    }
    for (int i = 0; i < tensor->count; i++) {
        const Column *column = innermost_column(columns->fields[tensor->first + i], tensor->depth);
        if (column == NULL || !is_number_column(column) ||
            !takes_numbers(column, tensor->number_type)) {
            return raise_cannot_take(tensor);
        }
    }
    return 0;
}

/* Fills row with the shape of each row of a value of this shape. Returns whether the shape is that
   of count rows. */
static bool
split_shape(const OnnxTensor *tensor, const Shape *shape, int64_t count, Shape *row)
{
    int from = 0;

    row->rank = 0;
    if (!tensor->is_one_row && (shape->rank == 0 || shape->sizes[from++] != count)) {
        return false;
    }
    for (; from < shape->rank; from++) {
        if (!((tensor->units >> from) & 1)) {
            row->sizes[row->rank++] = shape->sizes[from];
        }
        else if (shape->sizes[from] != 1) {
            return false;
        }
    }
    if (tensor->is_one_row) {
        return row->rank == tensor->depth;
    }
    if (tensor->depth == 0) {
        return row->rank < 2 && shape_size(row) == tensor->count;
    }
    return row->rank == tensor->depth;
}

bool
onnx_output_read(const OnnxTensor *tensor, const OnnxRuntime *runtime, OrtValue *value,
                 int64_t count, OutputRows *rows)
{
    Shape shape;
    int type;
    void *elements = NULL;

    OrtStatus *status = tensor_shape(runtime, value, &type, &shape);
    if (status == NULL) {
        status = runtime->get_tensor_mutable_data(value, &elements);
    }
    if (status != NULL) {
        runtime->release_status(status);
        return false;
    }
    if (shape.rank > MAX_RANK || type != tensor->element->type ||
        !split_shape(tensor, &shape, count, &rows->row)) {
        return false;
    }
    rows->elements = elements;
    return true;
}

/* Writes columns of single numbers; see onnx_output_write. */
static bool
write_numbers(const OnnxTensor *tensor, const char *from, int64_t count, Columns *columns,
              int64_t row)
{
    Py_ssize_t size = (Py_ssize_t)number_size(tensor->element->number);

    for (int i = 0; i < tensor->count; i++) {
        Numbers numbers = {tensor->number_type, from + i * size, tensor->count * size,
                           (Py_ssize_t)count};
        Column *column = columns->fields[tensor->first + i];
        if (numbers_try_to_arrow(columns, column, row, &numbers) < numbers.count) {
            return false;
        }
    }
    return true;
}

/* Writes an ARRAY column; see onnx_output_write. */
static bool
write_arrays(const OnnxTensor *tensor, const Shape *shape, const char *from, int64_t count,
             Columns *columns, int64_t row)
{
    Column *column = columns->fields[tensor->first];

    for (int level = 0; level < tensor->depth && count > 0; level++) {
        int64_t length = shape->sizes[level];
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
    Numbers numbers = {tensor->number_type, from, (Py_ssize_t)number_size(tensor->element->number),
                       (Py_ssize_t)count};
    return numbers_try_to_arrow(columns, column, row, &numbers) == numbers.count;
}

bool
onnx_output_write(const OnnxTensor *tensor, const OutputRows *rows, int64_t index, int64_t count,
                  Columns *columns, int64_t row)
{
    size_t size = number_size(tensor->element->number) * (size_t)shape_size(&rows->row);
    const char *from = rows->elements + (size_t)index * size;

    return tensor->depth > 0 ? write_arrays(tensor, &rows->row, from, count, columns, row)
                             : write_numbers(tensor, from, count, columns, row);
}
