/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the inputs of an ONNX file from columns. Nothing here needs the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_ONNX_INPUT_H
#define PYFLINK_ML_EMBEDDED_ONNX_INPUT_H

#include "onnx_tensor.h"

/* Returns 0, or -1 with an exception set where the columns do not fit the input. */
int onnx_input_check(const OnnxTensor *tensor, const Columns *columns);

/* Fills shape with that of each of count rows. Returns false where they differ, or where Python
   must decide: on nulls, empty arrays and wrong lengths. */
bool onnx_input_shape(const OnnxTensor *tensor, const Columns *columns, int64_t row, int64_t count,
                      Shape *shape);

/* Returns the elements of count rows, one row after the other, or NULL where a value does not
   fit. They are in memory of the columns or of the tensor, and valid until either changes. */
const char *
onnx_input_elements(OnnxTensor *tensor, const Columns *columns, int64_t row, int64_t count);

#endif
