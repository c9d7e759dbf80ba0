/* SPDX-License-Identifier: Apache-2.0 */
/* Finds functions of a library that Python has loaded. */
#ifndef PYFLINK_ML_EMBEDDED_BOOSTER_LIBRARY_H
#define PYFLINK_ML_EMBEDDED_BOOSTER_LIBRARY_H

#include "native.h"

typedef void (*Function)(void);

/* Fills functions with those of these names, count of them. Returns 0, or -1 with ImportError set.
   The library stays loaded for as long as Python keeps it. */
int
booster_library_find(const char *path, const char *const *names, Function *functions, int count);

#endif
