/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts one row. */
#ifndef PYFLINK_ML_EMBEDDED_ROW_PATH_H
#define PYFLINK_ML_EMBEDDED_ROW_PATH_H

#include "open_function.h"

/* Predicts row 0 of the input. Returns as open_function_predict. Borrows self, which is open and
   not running. */
int predict_row(OpenFunction *self);

#endif
