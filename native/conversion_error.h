/* SPDX-License-Identifier: Apache-2.0 */
/* Raises ConversionError. */
#ifndef PYFLINK_ML_EMBEDDED_CONVERSION_ERROR_H
#define PYFLINK_ML_EMBEDDED_CONVERSION_ERROR_H

#include "column.h"

/* Raises ConversionError 'column PATH: ...' with the printf-like rest of PyUnicode_FromFormat.
   Returns -1. */
int raise_conversion_error(const Columns *columns, const Column *column, const char *format, ...);

/* The same, with the exception that is set as the cause. */
int
raise_conversion_error_from(const Columns *columns, const Column *column, const char *format, ...);

/* Raises 'column PATH: expected TYPE, got the type of value'. Returns -1. */
int raise_wrong_type(const Columns *columns, const Column *column, PyObject *value);

#endif
