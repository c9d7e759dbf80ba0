/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the outputs of an ONNX file to columns. */

#include "onnx_output.h"

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

bool
onnx_output_write(const OnnxTensor *tensor, const OutputRows *rows, int64_t index, int64_t count,
                  Columns *columns, int64_t row)
{
    size_t size = number_size(tensor->element->number);
    int64_t length = shape_size(&rows->row);
    const char *from = rows->elements + (size_t)(index * length) * size;
    const Numbers numbers = {tensor->number_type, from, (Py_ssize_t)size,
                             (Py_ssize_t)(count * length)};

    return tensor->depth > 0
               ? arrays_try_to_arrow(columns, columns->fields[tensor->first], row, count,
                                     rows->row.sizes, tensor->depth, &numbers)
               : matrix_try_to_arrow(columns, tensor->first, tensor->count, row, count, &numbers);
}
