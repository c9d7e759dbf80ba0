/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts with the engine of a function. Nothing here needs the GIL,
   which is taken only for rows of the tap. */
#ifndef PYFLINK_ML_EMBEDDED_ENGINE_PATH_H
#define PYFLINK_ML_EMBEDDED_ENGINE_PATH_H

#include "open_function.h"

/* Predicts row 0 of the input. Returns as open_function_predict, or DECLINED where Python must
   predict the row: also of a function without an engine. */
int predict_row_by_engine(OpenFunction *self, int64_t row_number);

/* Predicts rows of a slot. Returns as open_function_predict_batch, or DECLINED. */
int
predict_batch_by_engine(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number);

#endif
