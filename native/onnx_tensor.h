/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs and outputs of an ONNX file, and their columns. */
#ifndef PYFLINK_ML_EMBEDDED_ONNX_TENSOR_H
#define PYFLINK_ML_EMBEDDED_ONNX_TENSOR_H

#include "buffer.h"
#include "columns_to_numbers.h"
#include "number_type.h"
#include "onnx_session.h"

/* The most dimensions of a tensor. */
#define MAX_RANK 8

/* An element type of tensors. */
typedef struct {
    const char *dtype;  /* numpy's name */
    int type;           /* ONNX Runtime's */
    Number number;      /* of an input */
    const char *format; /* of the struct module; of an output */
} Element;

/* Sizes of dimensions. */
typedef struct {
    int rank;
    int64_t sizes[MAX_RANK];
} Shape;

/* An input or output. As in models/onnx/_tensors.py, the rows are the first dimension, or the
   tensor is one row. */
typedef struct {
    char *name; /* owned, UTF-8 */
    const Element *element;
    const NumberType *number_type; /* of an output; NULL for bool */
    int first;                     /* column */
    int count;                     /* of columns; 1 where depth is not 0 */
    int depth;                     /* the levels of ARRAY */
    Shape row;                     /* of one row, with -1 for an open size */
    bool is_one_row;
    uint32_t units; /* bits: the dimensions of length 1 that the columns do not have */
    /* Of an input, or of an output that is bound: memory of the tensor, and the tensor. */
    Buffer buffer;
    OrtValue *value;   /* owned, or NULL */
    const void *data;  /* borrowed: what value is of */
    Shape value_shape; /* in the file */
} OnnxTensor;

/* Return the element type with numpy's name or ONNX Runtime's type, or NULL with an exception
   set. */
const Element *find_element(const char *dtype);
const Element *find_element_of_type(int type);

/* Fills type and shape with those of a tensor. Returns a failure, which the caller takes, or NULL.
   The sizes of a shape of more than MAX_RANK dimensions are not filled. */
OrtStatus *tensor_shape(const OnnxRuntime *runtime, const OrtValue *value, int *type, Shape *shape);

/* Fills tensor from the tuple (name, dtype, first column, number of columns, levels of ARRAY, sizes
   of a row or -1, whether the tensor is one row, units). Returns 0, or -1 with an exception
   set. Borrows description. */
int onnx_tensor_init(OnnxTensor *tensor, PyObject *description);

/* Frees what tensor owns. */
void onnx_tensor_clear(OnnxTensor *tensor, const OnnxRuntime *runtime);

/* Returns the number of elements, or INT64_MAX if it is larger. */
int64_t shape_size(const Shape *shape);

bool shapes_equal(const Shape *left, const Shape *right);

/* Returns the shape in the file of this many rows, whose shape is row. */
Shape onnx_tensor_shape(const OnnxTensor *tensor, const Shape *row, int64_t rows);

/* Makes value a tensor of this shape in the file over data, which must outlive its use. Returns 0,
   or -1 without an exception. */
int onnx_tensor_set(OnnxTensor *tensor, const OnnxSession *session, void *data, const Shape *shape);

#endif
