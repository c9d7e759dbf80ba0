/* SPDX-License-Identifier: Apache-2.0 */
/* A booster of LightGBM or XGBoost, called through the C interface of its library. */
#ifndef PYFLINK_ML_EMBEDDED_BOOSTER_H
#define PYFLINK_ML_EMBEDDED_BOOSTER_H

#include "columns_to_numbers.h"
#include "number_type.h"

typedef struct {
    const char *library; /* borrowed: the path of the library, which the process has loaded */
    void *handle;        /* borrowed: the booster in the library */
    int features;
    int results; /* of a row */
    bool is_raw;
    int end_iteration; /* 0 for all */
    int threads;
} BoosterOptions;

typedef struct Booster Booster;

/* What one function predicts with; several may belong to the same booster in the library. */
struct Booster {
    Number number;                 /* the type of features */
    const NumberType *result_type; /* the type of results */
    bool refuses_infinity;
    bool takes_unknown; /* whether a category that the training did not have is a missing value */
    /* Predicts count rows of features, one row after the other. Needs no GIL. Returns the results
       of all rows, valid until the next call, or NULL where the library fails. */
    const char *(*predict)(Booster *self, const char *features, int count);
    void (*free)(Booster *self);
};

/* Return a new booster, or NULL with an exception set: ImportError where the library cannot be
   used. Borrow options. */
Booster *lightgbm_booster_new(const BoosterOptions *options);
Booster *xgboost_booster_new(const BoosterOptions *options);

#endif
