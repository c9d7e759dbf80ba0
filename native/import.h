/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of other libraries, by the Arrow C Data Interface. */
#ifndef PYFLINK_ML_EMBEDDED_IMPORT_H
#define PYFLINK_ML_EMBEDDED_IMPORT_H

#include "native.h"
#include "arrow_c_data.h"

typedef struct {
    struct ArrowSchema schema; /* owned */
    struct ArrowArray array;   /* owned */
} ImportedArray;

/* Fills *imported from value.__arrow_c_array__(). Returns 0, or -1 with an exception set. Borrows
   value. */
int import_array(PyObject *value, ImportedArray *imported);

/* Takes what imported holds. Keeps the exception that is set. */
void release_imported(ImportedArray *imported);

#endif
