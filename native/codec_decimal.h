/* SPDX-License-Identifier: Apache-2.0 */
/* DECIMAL. */
#ifndef PYFLINK_ML_EMBEDDED_CODEC_DECIMAL_H
#define PYFLINK_ML_EMBEDDED_CODEC_DECIMAL_H

#include "column.h"

/* Imports decimal. Returns 0, or -1 with an exception set. */
int codec_decimal_import(NativeState *state);

/* Returns a new Decimal, ten to the power of -scale, or NULL with an exception set. */
PyObject *decimal_unit(NativeState *state, int scale);

/* A ReadValue, a WriteValue and a CheckValues for each type. */
PyObject *read_decimal128(const Source *source, const Column *column, int64_t row);
int write_decimal128(Columns *columns, Column *column, int64_t row, PyObject *value);
int check_decimal128(const Columns *columns, const Column *column, int64_t row, int64_t count,
                     int64_t *failed);

#endif
