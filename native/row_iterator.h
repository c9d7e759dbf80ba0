/* SPDX-License-Identifier: Apache-2.0 */
/* Iterators over the values of a Row. */
#ifndef PYFLINK_ML_EMBEDDED_ROW_ITERATOR_H
#define PYFLINK_ML_EMBEDDED_ROW_ITERATOR_H

#include "row.h"

extern PyType_Spec row_iterator_spec;

/* tp_iter of Row. Python's own iterator over a sequence ends by an IndexError, which takes longer
   than a small row. */
PyObject *row_iter(Row *self);

#endif
