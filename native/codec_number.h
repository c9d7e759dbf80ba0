/* SPDX-License-Identifier: Apache-2.0 */
/* BOOLEAN, the integers, FLOAT and DOUBLE. */
#ifndef PYFLINK_ML_EMBEDDED_CODEC_NUMBER_H
#define PYFLINK_ML_EMBEDDED_CODEC_NUMBER_H

#include "column.h"

/* A ReadValue and a WriteValue for each type. */
PyObject *read_bool(const Source *source, const Column *column, int64_t row);
PyObject *read_int8(const Source *source, const Column *column, int64_t row);
PyObject *read_int16(const Source *source, const Column *column, int64_t row);
PyObject *read_int32(const Source *source, const Column *column, int64_t row);
PyObject *read_int64(const Source *source, const Column *column, int64_t row);
PyObject *read_float(const Source *source, const Column *column, int64_t row);
PyObject *read_double(const Source *source, const Column *column, int64_t row);
int write_bool(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_int8(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_int16(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_int32(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_int64(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_float(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_double(Columns *columns, Column *column, int64_t row, PyObject *value);

#endif
