/* SPDX-License-Identifier: Apache-2.0 */
/* TreesEngine: predicts the rows of a call together, without the GIL. */

#include "trees_engine.h"

#include "booster.h"
#include "memory.h"
#include "numbers_to_arrow.h"

#include <math.h>

/* Rows of the matrix that are written at once: they stay in the cache. */
#define BLOCK 64

typedef struct {
    Engine engine;
    PyObject *model;  /* owned: the booster's object in Python, which keeps it and its library */
    Booster *booster; /* owned */
    int *columns;     /* owned: the position of each feature's column */
    int features;
    int results;     /* of a row */
    bool from_array; /* one ARRAY column has all features */
    bool to_array;   /* one ARRAY column gets all results */
    char *matrix;    /* owned: the features of the last call */
    size_t capacity; /* in bytes */
} TreesEngine;

static int
raise_does_not_fit(const char *what)
{
    PyErr_Format(PyExc_ValueError, "the columns do not fit the %s of the booster", what);
    return -1;
}

/* Returns the only column of elements if the first column is an ARRAY, or NULL. */
static Column *
first_elements(const Columns *columns)
{
    const Column *column = columns->fields[0];
    return column->codec->kind == KIND_LIST ? &column->elements->columns[0] : NULL;
}

static int
check_input(const TreesEngine *self, const Columns *input)
{
    if (self->from_array) {
        const Column *elements = first_elements(input);
        return elements != NULL && is_number_column(elements) ? 0 : raise_does_not_fit("features");
    }
    for (int i = 0; i < self->features; i++) {
        int column = self->columns[i];
        if (column < 0 || column >= input->field_count ||
            !is_number_column(input->fields[column])) {
            return raise_does_not_fit("features");
        }
    }
    return 0;
}

static int
check_output(const TreesEngine *self, const Columns *output)
{
    const NumberType *type = self->booster->result_type;

    if (self->to_array) {
        const Column *elements = first_elements(output);
        bool fits = elements != NULL && is_number_column(elements) && takes_numbers(elements, type);
        return fits ? 0 : raise_does_not_fit("results");
    }
    if (output->field_count != self->results) {
        return raise_does_not_fit("results");
    }
    for (int i = 0; i < self->results; i++) {
        if (!is_number_column(output->fields[i]) || !takes_numbers(output->fields[i], type)) {
            return raise_does_not_fit("results");
        }
    }
    return 0;
}

static int
bind_columns(Engine *engine, const Columns *input, const Columns *output)
{
    const TreesEngine *self = (const TreesEngine *)engine;

    return check_input(self, input) < 0 || check_output(self, output) < 0 ? -1 : 0;
}

/* Returns memory for the features of count rows, or NULL. */
static char *
reserve_matrix(TreesEngine *self, int count)
{
    size_t size = (size_t)count * (size_t)self->features * number_size(self->booster->number);

    if (size > self->capacity) {
        char *matrix = PyMem_RawMalloc(size);
        if (matrix == NULL) {
            return NULL;
        }
        PyMem_RawFree(self->matrix);
        self->matrix = matrix;
        self->capacity = size;
    }
    return self->matrix;
}

/* Returns the features of count rows from their columns, or NULL where Python must decide. */
static const char *
matrix_of_columns(TreesEngine *self, const Columns *input, int64_t start, int count)
{
    Number number = self->booster->number;
    size_t size = number_size(number);
    size_t stride = (size_t)self->features * size;

    char *matrix = reserve_matrix(self, count);
    for (int64_t done = 0; matrix != NULL && done < count; done += BLOCK) {
        int64_t rows = count - done < BLOCK ? count - done : BLOCK;
        for (int i = 0; i < self->features; i++) {
            char *to = matrix + (size_t)done * stride + (size_t)i * size;
            if (!numbers_from_column(input, input->fields[self->columns[i]], start + done, rows,
                                     number, to, stride)) {
                return NULL;
            }
        }
    }
    return matrix;
}

/* Returns the features of count rows from an ARRAY column, or NULL where Python must decide. */
static const char *
matrix_of_array(TreesEngine *self, const Columns *input, int64_t start, int count)
{
    const Column *arrays = input->fields[0];
    const Columns *elements = arrays->elements;
    const Column *column = &elements->columns[0];
    Number number = self->booster->number;
    int64_t first = offset_at(input->arena, arrays, start);
    int64_t total = (int64_t)count * self->features;

    if (has_nulls(input, arrays, start, count)) {
        return NULL;
    }
    for (int64_t i = 1; i <= count; i++) {
        if (offset_at(input->arena, arrays, start + i) != first + i * self->features) {
            return NULL;
        }
    }
    const char *values = numbers_in_column(elements, column, first, total, number);
    if (values != NULL) {
        return values;
    }
    /* A null among integers is an error, as in a numpy array of them. */
    if (column->codec->kind == KIND_INTEGER && has_nulls(elements, column, first, total)) {
        return NULL;
    }
    char *matrix = reserve_matrix(self, count);
    bool fit = matrix != NULL && numbers_from_column(elements, column, first, total, number, matrix,
                                                     number_size(number));
    return fit ? matrix : NULL;
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

/* Writes the results of count rows to an ARRAY column. Returns whether all fit. */
static bool
write_array(const TreesEngine *self, const char *results, int count, Columns *output)
{
    Column *arrays = output->fields[0];
    const NumberType *type = self->booster->result_type;
    int64_t total = (int64_t)count * self->results;

    if (columns_try_reserve(arrays->elements, total) < 0) {
        return false;
    }
    set_bits(output->arena + arrays->validity_offset, 0, count);
    for (int64_t i = 1; i <= count; i++) {
        set_offset(output, arrays, i, (int32_t)(i * self->results));
    }
    Numbers numbers = {type, results, type->size, (Py_ssize_t)total};
    return numbers_try_to_arrow(arrays->elements, &arrays->elements->columns[0], 0, &numbers) ==
           numbers.count;
}

/* Writes the results of count rows. Returns whether all fit. */
static bool
write_results(const TreesEngine *self, const char *results, int count, Columns *output)
{
    const NumberType *type = self->booster->result_type;

    if (self->to_array) {
        return write_array(self, results, count, output);
    }
    Py_ssize_t size = type->size;
    for (int i = 0; i < self->results; i++) {
        Numbers numbers = {type, results + i * size, self->results * size, count};
        if (numbers_try_to_arrow(output, output->fields[i], 0, &numbers) < count) {
            return false;
        }
    }
    return true;
}

static int
predict_rows(Engine *engine, const Columns *input, int64_t start, int count, Columns *output)
{
    TreesEngine *self = (TreesEngine *)engine;

    const char *matrix = self->from_array ? matrix_of_array(self, input, start, count)
                                          : matrix_of_columns(self, input, start, count);
    if (matrix == NULL ||
        (!self->booster->takes_infinity && has_infinity(matrix, (int64_t)count * self->features))) {
        return DECLINED;
    }
    const char *results = self->booster->predict(self->booster, matrix, count);
    return results != NULL && write_results(self, results, count, output) ? 0 : DECLINED;
}

/* Fills the columns of the features from a tuple of int. Returns 0, or -1 with an exception set. */
static int
init_columns(TreesEngine *self, PyObject *columns)
{
    Py_ssize_t count = PyTuple_GET_SIZE(columns);

    self->columns = PyMem_RawCalloc((size_t)count, sizeof(*self->columns));
    if (self->columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->from_array = count == 0;
    if (!self->from_array && count != self->features) {
        return raise_does_not_fit("features");
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        long column = PyLong_AsLong(PyTuple_GET_ITEM(columns, i));
        if (column == -1 && PyErr_Occurred()) {
            return -1;
        }
        self->columns[i] = (int)column;
    }
    return 0;
}

static PyObject *
trees_engine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"library", "path",          "model",   "handle",
                               "columns", "features",      "results", "to_array",
                               "raw",     "end_iteration", "threads", NULL};
    PyObject *path = NULL;
    PyObject *model, *columns, *handle;
    const char *library;
    int to_array, is_raw;
    BoosterOptions options;
    TreesEngine *self = NULL;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "sO&OO!O!iippii:TreesEngine", keywords, &library, PyUnicode_FSConverter,
            &path, &model, &PyLong_Type, &handle, &PyTuple_Type, &columns, &options.features,
            &options.results, &to_array, &is_raw, &options.end_iteration, &options.threads)) {
        goto done;
    }
    options.library = PyBytes_AS_STRING(path);
    options.is_raw = is_raw == 1;
    options.handle = PyLong_AsVoidPtr(handle);
    if (options.handle == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "the handle is NULL");
        }
        goto done;
    }
    if ((self = (TreesEngine *)type->tp_alloc(type, 0)) == NULL) {
        goto done;
    }
    self->engine.bind = bind_columns;
    self->engine.predict = predict_rows;
    self->model = Py_NewRef(model);
    self->features = options.features;
    self->results = options.results;
    self->to_array = to_array == 1;
    self->booster = strcmp(library, "LightGBM") == 0 ? lightgbm_booster_new(&options)
                                                     : xgboost_booster_new(&options);
    if (self->booster == NULL || init_columns(self, columns) < 0) {
        Py_CLEAR(self);
    }
done:
    Py_XDECREF(path);
    return (PyObject *)self;
}

static void
trees_engine_dealloc(TreesEngine *self)
{
    PyTypeObject *type = Py_TYPE(self);

    if (self->booster != NULL) {
        self->booster->free(self->booster);
    }
    Py_XDECREF(self->model);
    PyMem_RawFree(self->columns);
    PyMem_RawFree(self->matrix);
    type->tp_free(self);
    Py_DECREF(type);
}

static const char trees_engine_doc[] =
    "TreesEngine(library, path, model, handle, columns, features, results, to_array, raw,\n"
    "            end_iteration, threads)\n--\n\n"
    "Predicts with a booster of LightGBM or XGBoost, without the GIL.\n\n"
    "library is the name of the library, and path where it was loaded from. model is the booster\n"
    "in Python, and handle its address in the library. columns has the position of each feature's\n"
    "column, or nothing if one ARRAY has all features. to_array is whether one ARRAY gets all\n"
    "results of a row. end_iteration is the last iteration that predicts plus one, or 0 for all;\n"
    "LightGBM uses all. Raises ImportError if the library cannot be used.";

static PyType_Slot trees_engine_slots[] = {
    {Py_tp_doc, (void *)trees_engine_doc},
    {Py_tp_new, trees_engine_new},
    {Py_tp_dealloc, trees_engine_dealloc},
    {0, NULL},
};

PyType_Spec trees_engine_spec = {
    .name = "pyflink_ml_embedded._native.TreesEngine",
    .basicsize = sizeof(TreesEngine),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = trees_engine_slots,
};
