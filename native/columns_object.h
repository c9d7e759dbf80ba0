/* SPDX-License-Identifier: Apache-2.0 */
/* The type Columns. */
#ifndef PYFLINK_ML_EMBEDDED_COLUMNS_OBJECT_H
#define PYFLINK_ML_EMBEDDED_COLUMNS_OBJECT_H

#include "native.h"

extern PyType_Spec columns_spec;

#endif
