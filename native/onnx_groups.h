/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts rows of different shapes, or more or fewer than the file takes in one call. */
#ifndef PYFLINK_ML_EMBEDDED_ONNX_GROUPS_H
#define PYFLINK_ML_EMBEDDED_ONNX_GROUPS_H

#include "onnx_engine.h"

/* Predicts rows as Engine.predict does. */
int onnx_predict_groups(OnnxEngine *engine, const Columns *input, int64_t start, int count,
                        Columns *output);

#endif
