/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs and outputs of an ONNX file. */

#include "onnx_tensor.h"

static const Element elements[] = {
    {"float32", ORT_FLOAT, NUMBER_FLOAT, "f"},  {"float64", ORT_DOUBLE, NUMBER_DOUBLE, "d"},
    {"int8", ORT_INT8, NUMBER_INT8, "b"},       {"int16", ORT_INT16, NUMBER_INT16, "h"},
    {"int32", ORT_INT32, NUMBER_INT32, "i"},    {"int64", ORT_INT64, NUMBER_INT64, "q"},
    {"uint8", ORT_UINT8, NUMBER_UINT8, "B"},    {"uint16", ORT_UINT16, NUMBER_UINT16, "H"},
    {"uint32", ORT_UINT32, NUMBER_UINT32, "I"}, {"uint64", ORT_UINT64, NUMBER_UINT64, "Q"},
    {"bool", ORT_BOOL, NUMBER_BOOL, "?"},
};

const Element *
find_element(const char *dtype)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(elements); i++) {
        if (strcmp(elements[i].dtype, dtype) == 0) {
            return &elements[i];
        }
    }
    PyErr_Format(PyExc_ValueError, "tensors of %s are not supported", dtype);
    return NULL;
}

const Element *
find_element_of_type(int type)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(elements); i++) {
        if (elements[i].type == type) {
            return &elements[i];
        }
    }
    PyErr_Format(PyExc_ValueError, "tensors of the type %d are not supported", type);
    return NULL;
}

OrtStatus *
tensor_shape(const OnnxRuntime *runtime, const OrtValue *value, int *type, Shape *shape)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    size_t rank = 0;

    OrtStatus *status = runtime->get_tensor_type_and_shape(value, &info);
    if (status != NULL) {
        return status;
    }
    if ((status = runtime->get_tensor_element_type(info, type)) == NULL &&
        (status = runtime->get_dimensions_count(info, &rank)) == NULL && rank <= MAX_RANK) {
        status = runtime->get_dimensions(info, shape->sizes, rank);
    }
    runtime->release_tensor_type_and_shape_info(info);
    shape->rank = (int)rank;
    return status;
}

/* Fills shape from a tuple of sizes. Returns 0, or -1 with an exception set. Borrows sizes. */
static int
read_shape(Shape *shape, PyObject *sizes)
{
    if (PyTuple_GET_SIZE(sizes) >= MAX_RANK) {
        PyErr_Format(PyExc_ValueError, "tensors have at most %d dimensions", MAX_RANK);
        return -1;
    }
    shape->rank = (int)PyTuple_GET_SIZE(sizes);
    for (int i = 0; i < shape->rank; i++) {
        shape->sizes[i] = PyLong_AsLongLong(PyTuple_GET_ITEM(sizes, i));
        if (shape->sizes[i] < 0 && PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

/* Fills the units of tensor from a tuple of dimensions. Returns 0, or -1 with an exception set.
   Borrows units. */
static int
read_units(OnnxTensor *tensor, PyObject *units)
{
    if (PyTuple_GET_SIZE(units) > (tensor->is_one_row ? MAX_RANK - tensor->row.rank : 0)) {
        PyErr_SetString(PyExc_ValueError, "there are too many dimensions");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(units); i++) {
        long unit = PyLong_AsLong(PyTuple_GET_ITEM(units, i));
        if (unit < 0 || unit >= MAX_RANK) {
            PyErr_SetString(PyExc_ValueError, "a dimension is out of range");
            return -1;
        }
        tensor->units |= 1u << unit;
    }
    return 0;
}

int
onnx_tensor_init(OnnxTensor *tensor, PyObject *description)
{
    const char *name;
    const char *dtype;
    PyObject *sizes;
    PyObject *units;
    int is_one_row;

    if (!PyArg_ParseTuple(description, "ssiiiO!pO!", &name, &dtype, &tensor->first, &tensor->count,
                          &tensor->depth, &PyTuple_Type, &sizes, &is_one_row, &PyTuple_Type,
                          &units) ||
        (tensor->element = find_element(dtype)) == NULL || read_shape(&tensor->row, sizes) < 0) {
        return -1;
    }
    tensor->is_one_row = is_one_row == 1;
    if (read_units(tensor, units) < 0) {
        return -1;
    }
    if (tensor->first < 0 || tensor->count < 1 || tensor->depth < 0 ||
        (tensor->depth > 0 && (tensor->count != 1 || tensor->row.rank != tensor->depth))) {
        PyErr_SetString(PyExc_ValueError, "the columns do not fit the dimensions");
        return -1;
    }
    const char *format = tensor->element->format;
    tensor->number_type =
        number_type_of_items(format, (Py_ssize_t)number_size(tensor->element->number));
    if ((tensor->name = PyMem_RawMalloc(strlen(name) + 1)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(tensor->name, name, strlen(name) + 1);
    return 0;
}

void
onnx_tensor_clear(OnnxTensor *tensor, const OnnxRuntime *runtime)
{
    if (tensor->value != NULL) {
        runtime->release_value(tensor->value);
        tensor->value = NULL;
    }
    buffer_clear(&tensor->buffer);
    PyMem_RawFree(tensor->name);
    tensor->name = NULL;
}

int64_t
shape_size(const Shape *shape)
{
    int64_t size = 1;
    for (int i = 0; i < shape->rank; i++) {
        if (__builtin_mul_overflow(size, shape->sizes[i], &size)) {
            return INT64_MAX;
        }
    }
    return size;
}

bool
shapes_equal(const Shape *left, const Shape *right)
{
    return left->rank == right->rank &&
           memcmp(left->sizes, right->sizes, (size_t)left->rank * sizeof(left->sizes[0])) == 0;
}

Shape
onnx_tensor_shape(const OnnxTensor *tensor, const Shape *row, int64_t rows)
{
    Shape shape = {.rank = 0};

    if (!tensor->is_one_row) {
        shape.sizes[shape.rank++] = rows;
    }
    for (int i = 0; i < row->rank; shape.rank++) {
        bool is_unit = (tensor->units >> shape.rank) & 1;
        shape.sizes[shape.rank] = is_unit ? 1 : row->sizes[i++];
    }
    while ((tensor->units >> shape.rank) & 1) {
        shape.sizes[shape.rank++] = 1;
    }
    return shape;
}

int
onnx_tensor_set(OnnxTensor *tensor, const OnnxSession *session, void *data, const Shape *shape)
{
    const OnnxRuntime *runtime = session->runtime;

    if (tensor->value != NULL) {
        if (tensor->data == data && shapes_equal(&tensor->value_shape, shape)) {
            return 0;
        }
        runtime->release_value(tensor->value);
        tensor->value = NULL;
    }
    size_t size = (size_t)shape_size(shape) * number_size(tensor->element->number);
    OrtStatus *status = runtime->create_tensor_with_data_as_ort_value(
        session->memory, data, size, shape->sizes, (size_t)shape->rank, tensor->element->type,
        &tensor->value);
    if (status != NULL) {
        runtime->release_status(status);
        tensor->value = NULL;
        return -1;
    }
    tensor->data = data;
    tensor->value_shape = *shape;
    return 0;
}
