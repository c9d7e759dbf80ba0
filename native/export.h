/* SPDX-License-Identifier: Apache-2.0 */
/* Columns by the Arrow C Data Interface. */
#ifndef PYFLINK_ML_EMBEDDED_EXPORT_H
#define PYFLINK_ML_EMBEDDED_EXPORT_H

#include "column.h"

/* METH_NOARGS. */
PyObject *columns_export_schema(Columns *columns, PyObject *unused);

/* Returns a new tuple of the capsules of the schema and of the array, or NULL with an exception
   set. */
PyObject *columns_export(Columns *columns);

/* Returns a new int: the address of a struct ArrowArray that columns own, with count rows from
   start on; or NULL with an exception set. Who imports it takes what it holds. */
PyObject *columns_export_rows(Columns *columns, int64_t start, int64_t count);

/* Releases what columns_export_rows filled last, where nobody imported it. */
void columns_free_export(Columns *columns);

#endif
