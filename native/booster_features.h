/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the features of a booster from columns. */
#ifndef PYFLINK_ML_EMBEDDED_BOOSTER_FEATURES_H
#define PYFLINK_ML_EMBEDDED_BOOSTER_FEATURES_H

#include "booster.h"
#include "buffer.h"
#include "categories.h"

typedef struct {
    int column; /* its position */
    Categories categories;
} Feature;

typedef struct {
    Feature *items; /* owned; NULL if one ARRAY column has all features */
    int count;
    Buffer matrix; /* the features of the last call */
} Features;

/* Fills features, which is zero, from a tuple of (position of a column, None or the tuple of
   categories), which is empty for an ARRAY. Returns 0, or -1 with an exception set. */
int features_init(Features *features, int count, PyObject *descriptions);

void features_clear(Features *features);

/* Returns 0, or -1 with an exception set where the columns do not fit. */
int features_check(const Features *features, const Columns *columns);

/* Returns the features of count rows from row on, one row after the other, or NULL where Python
   must decide. They are valid until the columns or the features change. Needs no GIL. */
const char *features_from_columns(Features *features, const Booster *booster,
                                  const Columns *columns, int64_t row, int count);

#endif
