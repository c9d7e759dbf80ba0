/* SPDX-License-Identifier: Apache-2.0 */
/* DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. */
#ifndef PYFLINK_ML_EMBEDDED_CODEC_TIME_H
#define PYFLINK_ML_EMBEDDED_CODEC_TIME_H

#include "column.h"

#define MILLIS_PER_SECOND 1000
#define MICROS_PER_SECOND 1000000
#define NANOS_PER_SECOND 1000000000

/* Imports datetime. Returns 0, or -1 with an exception set. */
int codec_time_import(void);

/* A ReadValue, a WriteValue and a CheckValues for each type. */
PyObject *read_date32(const Source *source, const Column *column, int64_t row);
PyObject *read_time32(const Source *source, const Column *column, int64_t row);
PyObject *read_timestamp(const Source *source, const Column *column, int64_t row);
int write_date32(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_time32(Columns *columns, Column *column, int64_t row, PyObject *value);
int write_timestamp(Columns *columns, Column *column, int64_t row, PyObject *value);
int check_date32(const Columns *columns, const Column *column, int64_t row, int64_t count,
                 int64_t *failed);
int check_time32(const Columns *columns, const Column *column, int64_t row, int64_t count,
                 int64_t *failed);
int check_timestamp(const Columns *columns, const Column *column, int64_t row, int64_t count,
                    int64_t *failed);

#endif
