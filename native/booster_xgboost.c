/* SPDX-License-Identifier: Apache-2.0 */
/* Boosters of XGBoost. Its functions are declared here as in include/xgboost/c_api.h of 2.1. */

#include "booster.h"

#include "booster_library.h"

#include <stdio.h>

typedef int (*PredictFromDense)(void *handle, const char *values, const char *config, void *proxy,
                                const uint64_t **shape, uint64_t *rank, const float **results);
typedef int (*ProxyCreate)(void **proxy);
typedef int (*MatrixFree)(void *matrix);

typedef struct {
    Booster booster;
    void *handle; /* borrowed */
    int features;
    int results;
    PredictFromDense predict_matrix;
    MatrixFree free_matrix;
    void *proxy; /* owned: takes the features of a call; without it, each call makes one */
    char config[192];
    const char *described; /* the features and the number of rows that matrix describes */
    int described_count;
    char matrix[128]; /* numpy's array interface */
} XgboostBooster;

static void
describe_matrix(XgboostBooster *self, const char *features, int count)
{
    if (self->described == features && self->described_count == count) {
        return;
    }
    (void)snprintf(self->matrix, sizeof(self->matrix),
                   "{\"data\":[%llu,true],\"shape\":[%d,%d],\"typestr\":\"<f4\",\"version\":3}",
                   (unsigned long long)(uintptr_t)features, count, self->features);
    self->described = features;
    self->described_count = count;
}

static const char *
predict(Booster *booster, const char *features, int count)
{
    XgboostBooster *self = (XgboostBooster *)booster;
    const uint64_t *shape;
    uint64_t rank;
    const float *results;

    describe_matrix(self, features, count);
    /* The library keeps the results in memory of the calling thread. */
    bool fits = self->predict_matrix(self->handle, self->matrix, self->config, self->proxy, &shape,
                                     &rank, &results) == 0 &&
                rank == 2 && shape[0] == (uint64_t)count && shape[1] == (uint64_t)self->results;
    return fits ? (const char *)results : NULL;
}

static void
free_booster(Booster *booster)
{
    XgboostBooster *self = (XgboostBooster *)booster;

    if (self->proxy != NULL) {
        self->free_matrix(self->proxy);
    }
    PyMem_RawFree(self);
}

/* Finds the functions and makes the proxy. Returns 0, or -1 with an exception set. */
static int
prepare(XgboostBooster *self, const char *library)
{
    static const char *const names[] = {
        "XGBoosterPredictFromDense",
        "XGDMatrixFree",
        "XGProxyDMatrixCreate",
    };
    Function functions[3];

    if (booster_library_find(library, names, functions, 3) < 0) {
        return -1;
    }
    self->predict_matrix = (PredictFromDense)functions[0];
    self->free_matrix = (MatrixFree)functions[1];
    if (((ProxyCreate)functions[2])(&self->proxy) != 0) {
        PyErr_Format(PyExc_ImportError, "'%s' cannot prepare predictions", library);
        return -1;
    }
    return 0;
}

Booster *
xgboost_booster_new(const BoosterOptions *options)
{
    XgboostBooster *self = PyMem_RawCalloc(1, sizeof(*self));
    if (self == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    self->booster =
        (Booster){NUMBER_FLOAT, number_type_of_arrow("f"), true, false, predict, free_booster};
    self->handle = options->handle;
    self->features = options->features;
    self->results = options->results;
    (void)snprintf(self->config, sizeof(self->config),
                   "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":%d,"
                   "\"missing\":NaN,\"strict_shape\":true,\"cache_id\":0}",
                   options->is_raw, options->end_iteration);
    if (prepare(self, options->library) < 0) {
        free_booster(&self->booster);
        return NULL;
    }
    return &self->booster;
}
