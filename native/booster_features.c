/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the features of a booster from columns. */

#include "booster_features.h"

#include "matrix.h"

#include <math.h>

/* Fills one feature from its description. Returns 0, or -1 with an exception set. */
static int
feature_init(Feature *feature, PyObject *description)
{
    PyObject *categories;

    if (!PyTuple_Check(description)) {
        PyErr_SetString(PyExc_TypeError, "a feature is described by a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(description, "iO", &feature->column, &categories)) {
        return -1;
    }
    if (categories == Py_None) {
        return 0;
    }
    if (!PyTuple_Check(categories)) {
        PyErr_SetString(PyExc_TypeError, "categories are a tuple");
        return -1;
    }
    return categories_init(&feature->categories, categories);
}

int
features_init(Features *features, int count, PyObject *descriptions)
{
    features->count = count;
    if (PyTuple_GET_SIZE(descriptions) == 0) {
        return 0;
    }
    if (PyTuple_GET_SIZE(descriptions) != count) {
        PyErr_SetString(PyExc_ValueError, "a feature has no description");
        return -1;
    }
    features->items = PyMem_RawCalloc((size_t)count, sizeof(*features->items));
    if (features->items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (int i = 0; i < count; i++) {
        if (feature_init(&features->items[i], PyTuple_GET_ITEM(descriptions, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

void
features_clear(Features *features)
{
    for (int i = 0; features->items != NULL && i < features->count; i++) {
        categories_clear(&features->items[i].categories);
    }
    PyMem_RawFree(features->items);
    buffer_clear(&features->matrix);
}

static bool
feature_fits(const Feature *feature, const Columns *columns)
{
    if (feature->column < 0 || feature->column >= columns->field_count) {
        return false;
    }
    const Column *column = columns->fields[feature->column];
    return feature->categories.values != NULL ? categories_fit(&feature->categories, column)
                                              : is_number_column(column);
}

int
features_check(const Features *features, const Columns *columns)
{
    bool fit = true;

    if (features->items == NULL) {
        const Column *column = innermost_column(columns->fields[0], 1);
        fit = column != NULL && is_number_column(column);
    }
    for (int i = 0; features->items != NULL && i < features->count; i++) {
        fit &= feature_fits(&features->items[i], columns);
    }
    if (!fit) {
        PyErr_SetString(PyExc_ValueError, "the columns do not fit the features");
        return -1;
    }
    return 0;
}

/* The columns that fill the features of a booster. */
typedef struct {
    const Features *features;
    const Booster *booster;
    const Columns *columns;
} FeatureColumns;

/* A WriteColumn. */
static bool
write_feature(const void *source, Py_ssize_t index, int64_t row, int64_t count, char *to,
              size_t stride)
{
    const FeatureColumns *self = source;
    const Feature *feature = &self->features->items[index];
    const Column *column = self->columns->fields[feature->column];
    Number number = self->booster->number;

    if (feature->categories.values == NULL) {
        return numbers_from_column(self->columns, column, row, count, number, to, stride);
    }
    int64_t unknown = categories_from_column(&feature->categories, self->columns, column, row,
                                             count, number, to, stride);
    return unknown == 0 || self->booster->takes_unknown;
}

/* Returns the features from their columns; see features_from_columns. */
static const char *
from_fields(Features *features, const Booster *booster, const Columns *columns, int64_t row,
            int count)
{
    const FeatureColumns source = {features, booster, columns};
    size_t size = number_size(booster->number);

    char *matrix = buffer_reserve(&features->matrix, count, (size_t)features->count * size);
    bool fit = matrix != NULL &&
               fill_matrix(write_feature, &source, row, count, features->count, size, matrix);
    return fit ? matrix : NULL;
}

/* Returns the features from an ARRAY column; see features_from_columns. */
static const char *
from_array(Features *features, const Booster *booster, const Columns *columns, int64_t row,
           int count)
{
    const Column *arrays = columns->fields[0];
    int64_t first = offset_at(columns->arena, arrays, row);
    int64_t total = (int64_t)count * features->count;

    return arrays_have_length(columns, arrays, row, count, features->count)
               ? numbers_from_elements(arrays->elements, first, total, booster->number,
                                       &features->matrix)
               : NULL;
}

static bool
has_infinity(const char *floats, int64_t count)
{
    bool found = false;

    for (int64_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, floats + (size_t)i * sizeof(value), sizeof(value));
        found |= isinf(value) != 0;
    }
    return found;
}

const char *
features_from_columns(Features *features, const Booster *booster, const Columns *columns,
                      int64_t row, int count)
{
    const char *matrix = features->items == NULL
                             ? from_array(features, booster, columns, row, count)
                             : from_fields(features, booster, columns, row, count);
    bool is_refused = matrix != NULL && booster->refuses_infinity &&
                      has_infinity(matrix, (int64_t)count * features->count);
    return is_refused ? NULL : matrix;
}
