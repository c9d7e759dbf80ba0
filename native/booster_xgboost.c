/* SPDX-License-Identifier: Apache-2.0 */
/* Boosters of XGBoost. Its function is declared here as in include/xgboost/c_api.h of 2.1. */

#include "booster.h"

#include "booster_library.h"

#include <stdio.h>

typedef int (*PredictFromDense)(void *handle, const char *values, const char *config, void *proxy,
                                const uint64_t **shape, uint64_t *rank, const float **results);

typedef struct {
    Booster booster;
    void *handle; /* borrowed */
    int features;
    int results;
    PredictFromDense predict_matrix;
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
    bool fits = self->predict_matrix(self->handle, self->matrix, self->config, NULL, &shape, &rank,
                                     &results) == 0 &&
                rank == 2 && shape[0] == (uint64_t)count && shape[1] == (uint64_t)self->results;
    return fits ? (const char *)results : NULL;
}

static void
free_booster(Booster *booster)
{
    PyMem_RawFree(booster);
}

Booster *
xgboost_booster_new(const BoosterOptions *options)
{
    static const char *const names[] = {"XGBoosterPredictFromDense"};
    Function function;

    if (booster_library_find(options->library, names, &function, 1) < 0) {
        return NULL;
    }
    XgboostBooster *self = PyMem_RawCalloc(1, sizeof(*self));
    if (self == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    self->booster =
        (Booster){NUMBER_FLOAT, number_type_of_arrow("f"), false, predict, free_booster};
    self->handle = options->handle;
    self->features = options->features;
    self->results = options->results;
    self->predict_matrix = (PredictFromDense)function;
    (void)snprintf(self->config, sizeof(self->config),
                   "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":%d,"
                   "\"missing\":NaN,\"strict_shape\":true,\"cache_id\":0}",
                   options->is_raw, options->end_iteration);
    return &self->booster;
}
