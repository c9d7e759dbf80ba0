/* SPDX-License-Identifier: Apache-2.0 */
/* The categories of a feature: texts, integers or booleans, whose codes a model computes with. */
#ifndef PYFLINK_ML_EMBEDDED_CATEGORIES_H
#define PYFLINK_ML_EMBEDDED_CATEGORIES_H

#include "columns_to_numbers.h"

typedef struct {
    const char *text; /* borrowed from the tuple; NULL for an integer */
    Py_ssize_t length;
    int64_t integer;
    int code;
} Category;

typedef struct {
    PyObject *values; /* owned tuple, or NULL: the feature is a number */
    Category *sorted; /* owned */
    Py_ssize_t count;
} Categories;

/* Fills categories, which is zero, from a tuple of str, int or bool in the order of the codes.
   Returns 0, or -1 with an exception set. */
int categories_init(Categories *categories, PyObject *values);

void categories_clear(Categories *categories);

/* Whether the column has values of the categories' type. */
bool categories_fit(const Categories *categories, const Column *column);

/* Writes the codes of count rows from row on, as numbers at a distance of stride bytes. NULL
   becomes NaN, and so does an unknown value. Needs no GIL. Returns how many values are unknown. */
int64_t
categories_from_column(const Categories *categories, const Columns *columns, const Column *column,
                       int64_t row, int64_t count, Number number, char *to, size_t stride);

#endif
