/* SPDX-License-Identifier: Apache-2.0 */
/* The codec of each Arrow format. */
#ifndef PYFLINK_ML_EMBEDDED_CODEC_TABLE_H
#define PYFLINK_ML_EMBEDDED_CODEC_TABLE_H

#include "column.h"

/* Fills codec and the type's parameters from format and returns 0, or returns -1 with an exception
   set. */
int column_set_format(Column *column, const char *format);

#endif
