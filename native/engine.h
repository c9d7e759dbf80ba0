/* SPDX-License-Identifier: Apache-2.0 */
/* What predicts rows in C, without the GIL and without Python objects: the base type of engines. */
#ifndef PYFLINK_ML_EMBEDDED_ENGINE_H
#define PYFLINK_ML_EMBEDDED_ENGINE_H

#include "column.h"

/* What an engine returns for rows that Python must predict: it raises nothing, so that all errors
   and rare values have one implementation. */
#define DECLINED (-1)

typedef struct Engine Engine;

/* An engine belongs to one function and is used by one thread at a time. */
struct Engine {
    PyObject_HEAD
        /* Checks that the columns have the types that the engine was made for, and prepares for
           them. Other columns of the same types may follow. Returns 0, or -1 with an exception
           set. */
        int (*bind)(Engine *self, const Columns *input, const Columns *output);
    /* Predicts count rows of input from start on, and writes a row of output for each. The output
       is empty and has room for count rows. Needs no GIL. Returns 0 or DECLINED. */
    int (*predict)(Engine *self, const Columns *input, int64_t start, int count, Columns *output);
};

/* The abstract base type. */
extern PyType_Spec engine_spec;

#endif
