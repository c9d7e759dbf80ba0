/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the outputs of an ONNX file to columns. Nothing here needs the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_ONNX_OUTPUT_H
#define PYFLINK_ML_EMBEDDED_ONNX_OUTPUT_H

#include "onnx_tensor.h"

/* The rows of an output. */
typedef struct {
    const char *elements; /* borrowed */
    Shape row;            /* of one row */
} OutputRows;

/* Returns 0, or -1 with an exception set where the output cannot fill the columns. */
int onnx_output_check(const OnnxTensor *tensor, const Columns *columns);

/* Fills rows from a value that was predicted for count rows. Returns false where its type or its
   shape is not as expected. Borrows value, which rows refers to. */
bool onnx_output_read(const OnnxTensor *tensor, const OnnxRuntime *runtime, OrtValue *value,
                      int64_t count, OutputRows *rows);

/* Writes count rows, from index on, to the columns from row on. Rows are written in ascending
   order. Returns whether all values fit. */
bool onnx_output_write(const OnnxTensor *tensor, const OutputRows *rows, int64_t index,
                       int64_t count, Columns *columns, int64_t row);

#endif
