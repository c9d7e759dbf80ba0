/* SPDX-License-Identifier: Apache-2.0 */
/* CHAR, VARCHAR and STRING; BINARY, VARBINARY and BYTES. */
#ifndef PYFLINK_ML_EMBEDDED_CODEC_TEXT_H
#define PYFLINK_ML_EMBEDDED_CODEC_TEXT_H

#include "column.h"

/* A ReadValue, a WriteValue and a CheckValues for each type. */
PyObject *read_utf8(const Source *source, const Column *column, int64_t row);
PyObject *read_binary(const Source *source, const Column *column, int64_t row);
int write_utf8(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_binary(Columns *columns, Column *column, int64_t row, PyObject *value);
int check_utf8(const Columns *columns, const Column *column, int64_t row, int64_t count,
               int64_t *failed);
int check_binary(const Columns *columns, const Column *column, int64_t row, int64_t count,
                 int64_t *failed);

#endif
