/* SPDX-License-Identifier: Apache-2.0 */
/* The numeric columns of an Arrow batch as one matrix of FLOAT or DOUBLE, nulls being NaN. */

#include "feature_matrix.h"

#include "arrow_c_data.h"
#include "import.h"
#include "number_type.h"

#include <math.h>

__extension__ typedef __int128 Int128;

#define DECIMAL_SIZE 16

/* Rows that are written at once: their part of the matrix stays in the cache. */
#define BLOCK 64

/* One numeric column of the batch. */
typedef struct {
    const NumberType *type; /* NULL for a decimal */
    double unit;            /* of a decimal: ten to the power of its scale */
    const char *values;
    const uint8_t *validity; /* NULL without nulls */
    int64_t offset;
} Feature;

/* Fills *scale from the format string "d:precision,scale". Returns whether it is one. */
static bool
parse_decimal128(const char *format, long *scale)
{
    char *end;

    if (strncmp(format, "d:", 2) != 0) {
        return false;
    }
    (void)strtol(format + 2, &end, 10);
    if (end == format + 2 || *end != ',') {
        return false;
    }
    const char *digits = end + 1;
    *scale = strtol(digits, &end, 10);
    return end != digits && *end == '\0';
}

/* Fills feature from one field of the batch. Returns whether it is a number. */
static bool
describe_feature(const struct ArrowSchema *schema, Feature *feature)
{
    long scale;

    if (schema->dictionary != NULL) {
        return false;
    }
    *feature = (Feature){.type = number_type_of_arrow(schema->format)};
    if (feature->type != NULL) {
        return true;
    }
    if (!parse_decimal128(schema->format, &scale)) {
        return false;
    }
    feature->unit = pow(10, (double)scale);
    return true;
}

/* Fills the position of the values of feature. Returns 0, or -1 with an exception set. */
static int
locate_feature(Feature *feature, const struct ArrowArray *batch, const struct ArrowArray *array)
{
    if (array->n_buffers != 2 || array->offset < 0 ||
        batch->length > array->length - batch->offset ||
        (batch->length > 0 && array->buffers[1] == NULL)) {
        PyErr_SetString(PyExc_ValueError, "the Arrow array is not valid");
        return -1;
    }
    feature->values = array->buffers[1];
    feature->validity = array->null_count == 0 ? NULL : array->buffers[0];
    feature->offset = batch->offset + array->offset;
    return 0;
}

/* Returns the number of features of imported, with those filled, or -1 with an exception set. */
static Py_ssize_t
find_features(const ImportedArray *imported, Feature *features)
{
    Py_ssize_t count = 0;

    for (int64_t i = 0; i < imported->schema.n_children; i++) {
        if (!describe_feature(imported->schema.children[i], &features[count])) {
            continue;
        }
        if (locate_feature(&features[count], &imported->array, imported->array.children[i]) < 0) {
            return -1;
        }
        count++;
    }
    return count;
}

static void
read_decimals(const char *from, double unit, int64_t count, double *to)
{
    for (int64_t i = 0; i < count; i++) {
        Int128 number;
        memcpy(&number, from + i * DECIMAL_SIZE, sizeof(number));
        to[i] = (double)number / unit;
    }
}

/* Fills to with count numbers from row on, at most BLOCK. */
static void
read_block(const Feature *feature, int64_t row, int64_t count, double *to)
{
    int64_t first = feature->offset + row;

    if (feature->type == NULL) {
        read_decimals(feature->values + first * DECIMAL_SIZE, feature->unit, count, to);
    }
    else {
        int size = feature->type->size;
        feature->type->read_doubles(feature->values + first * size, size, count, to);
    }
    for (int64_t i = 0; feature->validity != NULL && i < count; i++) {
        if (!bit_is_set(feature->validity, first + i)) {
            to[i] = Py_NAN;
        }
    }
}

/* Columns that are written side by side; known to the compiler, which unrolls their loop. One by
   one, as in matrix.h, 768 columns take twice as long. */
#define STRIPE 4

#define DEFINE_FILL(TYPE)                                                                          \
    static inline void fill_stripe_##TYPE(const Feature *features, Py_ssize_t stripe,              \
                                          Py_ssize_t width, int64_t row, int64_t count, TYPE *to)  \
    {                                                                                              \
        double blocks[STRIPE][BLOCK];                                                              \
        for (Py_ssize_t i = 0; i < stripe; i++) {                                                  \
            read_block(&features[i], row, count, blocks[i]);                                       \
        }                                                                                          \
        for (int64_t j = 0; j < count; j++) {                                                      \
            for (Py_ssize_t i = 0; i < stripe; i++) {                                              \
                to[j * width + i] = (TYPE)blocks[i][j];                                            \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void fill_##TYPE(const Feature *features, Py_ssize_t width, int64_t rows, TYPE *matrix) \
    {                                                                                              \
        for (int64_t row = 0; row < rows; row += BLOCK) {                                          \
            int64_t count = rows - row < BLOCK ? rows - row : BLOCK;                               \
            TYPE *to = matrix + row * width;                                                       \
            Py_ssize_t i = 0;                                                                      \
            for (; i + STRIPE <= width; i += STRIPE) {                                             \
                fill_stripe_##TYPE(features + i, STRIPE, width, row, count, to + i);               \
            }                                                                                      \
            fill_stripe_##TYPE(features + i, width - i, width, row, count, to + i);                \
        }                                                                                          \
    }

DEFINE_FILL(float)
DEFINE_FILL(double)

/* Fills matrix, which must have this shape. Returns 0, or -1 with an exception set. Borrows
   matrix. */
static int
fill_matrix(const Feature *features, Py_ssize_t width, int64_t rows, PyObject *matrix)
{
    Py_buffer view;

    if (PyObject_GetBuffer(matrix, &view, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE | PyBUF_FORMAT) < 0) {
        return -1;
    }
    bool is_float = strcmp(view.format, "f") == 0;
    int status = 0;
    if (view.ndim != 2 || view.shape[0] != rows || view.shape[1] != width ||
        (!is_float && strcmp(view.format, "d") != 0)) {
        PyErr_SetString(PyExc_ValueError,
                        "the matrix must be float32 or float64, of rows x columns");
        status = -1;
    }
    else if (is_float) {
        fill_float(features, width, rows, view.buf);
    }
    else {
        fill_double(features, width, rows, view.buf);
    }
    PyBuffer_Release(&view);
    return status;
}

/* Returns a new matrix, or None where width is 0, or NULL with an exception set. Borrows all. */
static PyObject *
new_matrix(const Feature *features, Py_ssize_t width, int64_t rows, PyObject *empty,
           PyObject *dtype)
{
    if (width == 0) {
        Py_RETURN_NONE;
    }
    PyObject *matrix = PyObject_CallFunction(empty, "(Ln)O", (long long)rows, width, dtype);
    if (matrix != NULL && fill_matrix(features, width, rows, matrix) < 0) {
        Py_CLEAR(matrix);
    }
    return matrix;
}

/* Returns as new_matrix. */
static PyObject *
matrix_of_imported(const ImportedArray *imported, PyObject *empty, PyObject *dtype)
{
    PyObject *matrix = NULL;

    if (strcmp(imported->schema.format, "+s") != 0 ||
        imported->array.n_children != imported->schema.n_children) {
        PyErr_SetString(PyExc_TypeError, "expected an Arrow batch, not a single array");
        return NULL;
    }
    Feature *features = PyMem_New(Feature, (size_t)imported->schema.n_children + 1);
    if (features == NULL) {
        return PyErr_NoMemory();
    }
    Py_ssize_t width = find_features(imported, features);
    if (width >= 0) {
        matrix = new_matrix(features, width, imported->array.length, empty, dtype);
    }
    PyMem_Free(features);
    return matrix;
}

PyObject *
feature_matrix(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *batch, *empty, *dtype;
    ImportedArray imported;

    if (!PyArg_ParseTuple(args, "OOU:feature_matrix", &batch, &empty, &dtype) ||
        import_array(batch, &imported) < 0) {
        return NULL;
    }
    PyObject *matrix = matrix_of_imported(&imported, empty, dtype);
    release_imported(&imported);
    return matrix;
}

/* Returns the number of features of columns, with those filled for count rows from start on. */
static Py_ssize_t
find_features_of_columns(const Columns *columns, int64_t start, int64_t count, Feature *features)
{
    Py_ssize_t width = 0;

    for (Py_ssize_t i = 0; i < columns->field_count; i++) {
        const Column *column = columns->fields[i];
        const uint8_t *validity = columns->arena + column->validity_offset;
        Feature feature = {
            .type = number_type_of_arrow(column->codec->format),
            .unit = pow(10, column->scale),
            .values = (const char *)column_values(columns, column),
            .validity = count_nulls(validity, start, start + count) == 0 ? NULL : validity,
            .offset = start,
        };
        if (feature.type != NULL || column->codec->kind == KIND_DECIMAL) {
            features[width++] = feature;
        }
    }
    return width;
}

PyObject *
columns_feature_matrix(Columns *columns, int64_t start, int64_t count, PyObject *empty,
                       PyObject *dtype)
{
    Feature *features = PyMem_New(Feature, (size_t)columns->field_count + 1);
    if (features == NULL) {
        return PyErr_NoMemory();
    }
    Py_ssize_t width = find_features_of_columns(columns, start, count, features);
    PyObject *matrix = new_matrix(features, width, count, empty, dtype);
    PyMem_Free(features);
    return matrix;
}
