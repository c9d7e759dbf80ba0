/* SPDX-License-Identifier: Apache-2.0 */
/* The methods and attributes of Row. */
#ifndef PYFLINK_ML_EMBEDDED_ROW_METHODS_H
#define PYFLINK_ML_EMBEDDED_ROW_METHODS_H

#include "native.h"

extern PyMethodDef row_methods[];
extern PyGetSetDef row_getset[];

#endif
