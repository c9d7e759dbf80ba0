/* SPDX-License-Identifier: Apache-2.0 */
/* TreesEngine: predicts the rows of a call together, without the GIL. */

#include "trees_engine.h"

#include "booster_features.h"
#include "numbers_to_arrow.h"

typedef struct {
    Engine engine;
    PyObject *model;  /* owned: the booster's object in Python, which keeps it and its library */
    Booster *booster; /* owned */
    Features features;
    int results;        /* of a row */
    bool to_array;      /* one ARRAY column gets all results */
    bool gives_classes; /* the results are numbers of classes, and are written as integers */
    Buffer classes;     /* the results of the last call as integers */
} TreesEngine;

/* Returns the type of results when they are written. */
static const NumberType *
result_type(const TreesEngine *self)
{
    return self->gives_classes ? number_type_of_arrow("l") : self->booster->result_type;
}

/* Whether a column takes results. */
static bool
takes_results(const TreesEngine *self, const Column *column)
{
    return is_number_column(column) && takes_numbers(column, result_type(self));
}

static int
check_output(const TreesEngine *self, const Columns *output)
{
    bool fits = self->to_array || output->field_count == self->results;

    for (Py_ssize_t i = 0; fits && i < output->field_count; i++) {
        const Column *column = innermost_column(output->fields[i], self->to_array ? 1 : 0);
        fits = column != NULL && takes_results(self, column);
    }
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "the columns do not fit the results");
        return -1;
    }
    return 0;
}

static int
bind_columns(Engine *engine, const Columns *input, const Columns *output)
{
    const TreesEngine *self = (const TreesEngine *)engine;

    return features_check(&self->features, input) < 0 || check_output(self, output) < 0 ? -1 : 0;
}

/* Returns the results, which are the numbers of classes, as integers, or NULL. */
static const char *
classes_of(TreesEngine *self, const char *results, int count)
{
    int64_t *classes = buffer_reserve(&self->classes, count, sizeof(*classes));

    for (int i = 0; classes != NULL && i < count; i++) {
        float number;
        memcpy(&number, results + (size_t)i * sizeof(number), sizeof(number));
        classes[i] = (int64_t)number;
    }
    return (const char *)classes;
}

/* Writes the results of count rows. Returns whether all fit. */
static bool
write_results(const TreesEngine *self, const char *results, int count, Columns *output)
{
    const NumberType *type = result_type(self);
    const int64_t length = self->results;
    const Numbers numbers = {type, results, type->size, (Py_ssize_t)(count * length)};

    return self->to_array
               ? arrays_try_to_arrow(output, output->fields[0], 0, count, &length, 1, &numbers)
               : matrix_try_to_arrow(output, 0, self->results, 0, count, &numbers);
}

static int
predict_rows(Engine *engine, const Columns *input, int64_t start, int count, Columns *output)
{
    TreesEngine *self = (TreesEngine *)engine;

    const char *features =
        features_from_columns(&self->features, self->booster, input, start, count);
    const char *results =
        features == NULL ? NULL : self->booster->predict(self->booster, features, count);
    if (results != NULL && self->gives_classes) {
        results = classes_of(self, results, count);
    }
    return results != NULL && write_results(self, results, count, output) ? 0 : DECLINED;
}

/* Returns 0, or -1 with an exception set. */
static int
prepare(TreesEngine *self, const char *library, const BoosterOptions *options, PyObject *features)
{
    self->booster = strcmp(library, "LightGBM") == 0 ? lightgbm_booster_new(options)
                                                     : xgboost_booster_new(options);
    if (self->booster == NULL || features_init(&self->features, options->features, features) < 0) {
        return -1;
    }
    if (self->gives_classes && (options->results != 1 || self->booster->number != NUMBER_FLOAT)) {
        PyErr_SetString(PyExc_ValueError, "only one result of XGBoost is a class");
        return -1;
    }
    return 0;
}

static PyObject *
trees_engine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"library",       "path",    "model",    "handle",  "features",
                               "feature_count", "results", "to_array", "classes", "raw",
                               "end_iteration", "threads", NULL};
    PyObject *path = NULL;
    PyObject *model, *features, *handle;
    const char *library;
    int to_array, gives_classes, is_raw;
    BoosterOptions options;
    TreesEngine *self = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sO&OO!O!iipppii:TreesEngine", keywords,
                                     &library, PyUnicode_FSConverter, &path, &model, &PyLong_Type,
                                     &handle, &PyTuple_Type, &features, &options.features,
                                     &options.results, &to_array, &gives_classes, &is_raw,
                                     &options.end_iteration, &options.threads)) {
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
    self->results = options.results;
    self->to_array = to_array == 1;
    self->gives_classes = gives_classes == 1;
    if (prepare(self, library, &options, features) < 0) {
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
    features_clear(&self->features);
    buffer_clear(&self->classes);
    type->tp_free(self);
    Py_DECREF(type);
}

static const char trees_engine_doc[] =
    "TreesEngine(library, path, model, handle, features, feature_count, results, to_array,\n"
    "            classes, raw, end_iteration, threads)\n--\n\n"
    "Predicts with a booster of LightGBM or XGBoost, without the GIL.\n\n"
    "library is the name of the library, and path where it was loaded from. model is the booster\n"
    "in Python, and handle its address in the library. features has the position of each feature's\n"
    "column, with a tuple of its categories or None; or nothing if one ARRAY has all features.\n"
    "results is how many a row has, to_array whether one ARRAY gets all of them, and classes\n"
    "whether they are written as integers. end_iteration is the last iteration that predicts plus\n"
    "one, or 0 for all; LightGBM uses all. Raises ImportError if the library cannot be used.";

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
