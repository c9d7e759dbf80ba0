/* SPDX-License-Identifier: Apache-2.0 */
/* Which value of a record belongs to which column, by its names. */
#ifndef PYFLINK_ML_EMBEDDED_RECORD_NAMES_H
#define PYFLINK_ML_EMBEDDED_RECORD_NAMES_H

#include "column.h"

/* Fills *order with the position of each column's name in names, or with NULL where no name
   matches, so that the columns are matched by position. The array is valid until the next call.
   Returns 0, or -1 with an exception set, NamesMismatch among others. Borrows columns, a tuple of
   str, and names, a tuple. */
int order_by_names(NameCache *cache, PyObject *columns, PyObject *names, const Py_ssize_t **order);

/* The same for names that have no order, those of a dict: some must match. */
int order_by_keys(NameCache *cache, PyObject *columns, PyObject *keys, const Py_ssize_t **order);

/* Fills *names with a new reference to the field names of objects of this type, a dataclass, a
   named tuple or the like, or with NULL for other types. Returns 0, or -1 with an exception set.
   Borrows type. */
int find_field_names(NameCache *cache, PyTypeObject *type, PyObject **names);

/* Frees what the cache holds, which is then empty. */
void name_cache_clear(NameCache *cache);

#endif
