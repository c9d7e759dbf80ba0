/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of a batch as a matrix. */
#ifndef PYFLINK_ML_EMBEDDED_FEATURE_MATRIX_H
#define PYFLINK_ML_EMBEDDED_FEATURE_MATRIX_H

#include "column.h"

/* METH_VARARGS. */
PyObject *feature_matrix(PyObject *module, PyObject *args);

/* Returns a new matrix of count rows from start on, of the columns of numbers; or None where there
   are none, or NULL with an exception set. Borrows empty, numpy's, and dtype. */
PyObject *columns_feature_matrix(Columns *columns, int64_t start, int64_t count, PyObject *empty,
                                 PyObject *dtype);

#endif
