/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the codes of categories. */

#include "categories.h"

#include <stdlib.h>

#define UNKNOWN (-1)

static int
compare(const void *left, const void *right)
{
    const Category *a = left, *b = right;

    if (a->text == NULL) {
        return (a->integer > b->integer) - (a->integer < b->integer);
    }
    Py_ssize_t length = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, (size_t)length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Fills category from a value. Returns 0, or -1 with an exception set. Borrows value. */
static int
category_init(Category *category, PyObject *value, Py_ssize_t code)
{
    category->code = (int)code;
    if (PyUnicode_Check(value)) {
        category->text = PyUnicode_AsUTF8AndSize(value, &category->length);
        return category->text == NULL ? -1 : 0;
    }
    category->integer = PyLong_AsLongLong(value);
    return category->integer == -1 && PyErr_Occurred() ? -1 : 0;
}

int
categories_init(Categories *categories, PyObject *values)
{
    categories->values = Py_NewRef(values);
    categories->count = PyTuple_GET_SIZE(values);
    categories->sorted = PyMem_RawCalloc((size_t)categories->count, sizeof(Category));
    if (categories->sorted == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < categories->count; i++) {
        PyObject *value = PyTuple_GET_ITEM(values, i);
        if (Py_TYPE(value) != Py_TYPE(PyTuple_GET_ITEM(values, 0))) {
            PyErr_SetString(PyExc_TypeError, "the categories have different types");
            return -1;
        }
        if (category_init(&categories->sorted[i], value, i) < 0) {
            return -1;
        }
    }
    qsort(categories->sorted, (size_t)categories->count, sizeof(Category), compare);
    return 0;
}

void
categories_clear(Categories *categories)
{
    Py_CLEAR(categories->values);
    PyMem_RawFree(categories->sorted);
    categories->sorted = NULL;
}

bool
categories_fit(const Categories *categories, const Column *column)
{
    if (categories->count == 0) {
        return false;
    }
    PyObject *first = PyTuple_GET_ITEM(categories->values, 0);
    if (PyUnicode_Check(first)) {
        return column->codec->kind == KIND_TEXT;
    }
    return column->codec->kind == (PyBool_Check(first) ? KIND_BOOLEAN : KIND_INTEGER);
}

/* Returns the code of the value of a row, which is not null, or UNKNOWN. */
static int
find_code(const Categories *categories, const Columns *columns, const Column *column, int64_t row)
{
    Category key = {0};

    if (column->codec->kind == KIND_TEXT) {
        int32_t start = offset_at(columns->arena, column, row);
        key.length = offset_at(columns->arena, column, row + 1) - start;
        key.text = key.length == 0 ? "" : (const char *)column->data + start;
    }
    else {
        (void)numbers_from_column(columns, column, row, 1, NUMBER_INT64, (char *)&key.integer,
                                  sizeof(key.integer));
    }
    const Category *found =
        bsearch(&key, categories->sorted, (size_t)categories->count, sizeof(Category), compare);
    return found == NULL ? UNKNOWN : found->code;
}

static void
store(double value, Number number, char *to)
{
    if (number == NUMBER_DOUBLE) {
        memcpy(to, &value, sizeof(value));
    }
    else {
        float narrow = (float)value;
        memcpy(to, &narrow, sizeof(narrow));
    }
}

int64_t
categories_from_column(const Categories *categories, const Columns *columns, const Column *column,
                       int64_t row, int64_t count, Number number, char *to, size_t stride)
{
    const uint8_t *validity = columns->arena + column->validity_offset;
    int64_t unknown = 0;

    for (int64_t i = 0; i < count; i++) {
        double code = Py_NAN;
        if (bit_is_set(validity, row + i)) {
            int found = find_code(categories, columns, column, row + i);
            if (found == UNKNOWN) {
                unknown++;
            }
            else {
                code = found;
            }
        }
        store(code, number, to + (size_t)i * stride);
    }
    return unknown;
}
