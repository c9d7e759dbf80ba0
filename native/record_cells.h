/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the cells of a row, or of a STRUCT in it, by position or by name. */
#ifndef PYFLINK_ML_EMBEDDED_RECORD_CELLS_H
#define PYFLINK_ML_EMBEDDED_RECORD_CELLS_H

#include "column.h"

/* The columns of a row, or of the fields of a STRUCT. */
typedef struct {
    Columns *columns;
    Column *parent; /* the STRUCT, or NULL for a row */
    Column *first;  /* each next one follows the span of the one before */
    Py_ssize_t count;
    PyObject *names; /* borrowed tuple */
    NameCache *known_names;
} Record;

/* Returns a new reference to the value at a position of an object with names, a tuple; or NULL with
   an exception set. */
typedef PyObject *(*GetValue)(PyObject *object, PyObject *names, Py_ssize_t position);

/* Raises the error for a record of another number of values. Returns -1. */
int raise_wrong_arity(const Record *record, Py_ssize_t given);

/* Writes the cells of a Row, tuple or list by position. Returns 0, or -1 with an exception set.
   Borrows values. */
int sequence_to_arrow(const Record *record, int64_t row, PyObject *values);

/* Writes the cells of an object whose names have an order. Returns 0, or -1 with an exception set.
   Borrows object and names, a tuple. */
int
named_to_arrow(const Record *record, int64_t row, PyObject *object, PyObject *names, GetValue get);

/* The same for names without an order. */
int
keyed_to_arrow(const Record *record, int64_t row, PyObject *object, PyObject *names, GetValue get);

#endif
