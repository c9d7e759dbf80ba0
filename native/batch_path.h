/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts a batch. */
#ifndef PYFLINK_ML_EMBEDDED_BATCH_PATH_H
#define PYFLINK_ML_EMBEDDED_BATCH_PATH_H

#include "open_function.h"

/* Predicts rows of a slot. Returns as open_function_predict_batch. Borrows self, which is open and
   not running. */
int predict_batch(OpenFunction *self, int slot, int64_t start, int count);

/* Fills the offsets from what predict_batch returned: None, or an array of int32. Returns 0, or -1
   with an exception set. Borrows result. */
int read_offsets(OpenFunction *self, PyObject *result, int count);

#endif
