/* SPDX-License-Identifier: Apache-2.0 */
/* Boosters of LightGBM. Its functions are declared here as in include/LightGBM/c_api.h of 4.0. */

#include "booster.h"

#include "booster_library.h"
#include "buffer.h"

#include <stdio.h>

#define C_API_DTYPE_FLOAT64 1
#define C_API_PREDICT_NORMAL 0
#define C_API_PREDICT_RAW_SCORE 1
#define ROW_MAJOR 1
#define ALL_ITERATIONS (-1)

typedef int (*PredictForMat)(void *handle, const void *data, int data_type, int32_t rows,
                             int32_t columns, int is_row_major, int predict_type,
                             int start_iteration, int iterations, const char *parameter,
                             int64_t *length, double *results);
typedef int (*PredictForMatSingleRowFastInit)(void *handle, int predict_type, int start_iteration,
                                              int iterations, int data_type, int32_t columns,
                                              const char *parameter, void **fast);
typedef int (*PredictForMatSingleRowFast)(void *fast, const void *data, int64_t *length,
                                          double *results);
typedef int (*FastConfigFree)(void *fast);

typedef struct {
    Booster booster;
    void *handle; /* borrowed */
    int features;
    int results;
    int predict_type;
    char parameter[32];
    PredictForMat predict_matrix;
    PredictForMatSingleRowFast predict_row;
    FastConfigFree free_fast;
    void *fast;    /* owned: what the prediction of single rows needs */
    Buffer memory; /* the results of the last call */
} LightgbmBooster;

static const char *
predict(Booster *booster, const char *features, int count)
{
    LightgbmBooster *self = (LightgbmBooster *)booster;
    int64_t length = 0;
    int status;

    double *results = buffer_reserve(&self->memory, count, (size_t)self->results * sizeof(double));
    if (results == NULL) {
        return NULL;
    }
    if (count == 1) {
        status = self->predict_row(self->fast, features, &length, results);
    }
    else {
        status = self->predict_matrix(self->handle, features, C_API_DTYPE_FLOAT64, count,
                                      self->features, ROW_MAJOR, self->predict_type, 0,
                                      ALL_ITERATIONS, self->parameter, &length, results);
    }
    bool fits = status == 0 && length == (int64_t)count * self->results;
    return fits ? (const char *)results : NULL;
}

static void
free_booster(Booster *booster)
{
    LightgbmBooster *self = (LightgbmBooster *)booster;

    if (self->fast != NULL) {
        self->free_fast(self->fast);
    }
    buffer_clear(&self->memory);
    PyMem_RawFree(self);
}

/* Finds the functions and prepares single rows. Returns 0, or -1 with an exception set. */
static int
prepare(LightgbmBooster *self, const char *library)
{
    static const char *const names[] = {
        "LGBM_BoosterPredictForMat",
        "LGBM_BoosterPredictForMatSingleRowFast",
        "LGBM_FastConfigFree",
        "LGBM_BoosterPredictForMatSingleRowFastInit",
    };
    Function functions[4];

    if (booster_library_find(library, names, functions, 4) < 0) {
        return -1;
    }
    self->predict_matrix = (PredictForMat)functions[0];
    self->predict_row = (PredictForMatSingleRowFast)functions[1];
    self->free_fast = (FastConfigFree)functions[2];
    PredictForMatSingleRowFastInit init = (PredictForMatSingleRowFastInit)functions[3];
    if (init(self->handle, self->predict_type, 0, ALL_ITERATIONS, C_API_DTYPE_FLOAT64,
             self->features, self->parameter, &self->fast) != 0) {
        PyErr_Format(PyExc_ImportError, "'%s' cannot prepare the prediction of a row", library);
        return -1;
    }
    return 0;
}

Booster *
lightgbm_booster_new(const BoosterOptions *options)
{
    LightgbmBooster *self = PyMem_RawCalloc(1, sizeof(*self));
    if (self == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    self->booster =
        (Booster){NUMBER_DOUBLE, number_type_of_arrow("g"), false, true, predict, free_booster};
    self->handle = options->handle;
    self->features = options->features;
    self->results = options->results;
    self->predict_type = options->is_raw ? C_API_PREDICT_RAW_SCORE : C_API_PREDICT_NORMAL;
    (void)snprintf(self->parameter, sizeof(self->parameter), "num_threads=%d", options->threads);
    if (prepare(self, options->library) < 0) {
        free_booster(&self->booster);
        return NULL;
    }
    return &self->booster;
}
