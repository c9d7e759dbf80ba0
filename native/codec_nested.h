/* SPDX-License-Identifier: Apache-2.0 */
/* ARRAY, MAP, MULTISET and ROW. */
#ifndef PYFLINK_ML_EMBEDDED_CODEC_NESTED_H
#define PYFLINK_ML_EMBEDDED_CODEC_NESTED_H

#include "column.h"

/* A ReadValue and a WriteValue for each type. */
PyObject *read_list(const Source *source, const Column *column, int64_t row);
PyObject *read_map(const Source *source, const Column *column, int64_t row);
PyObject *read_struct(const Source *source, const Column *column, int64_t row);
int write_list(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_map(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_struct(Columns *columns, Column *column, int64_t row, PyObject *value);

#endif
