/* SPDX-License-Identifier: Apache-2.0 */
/* What CPython has no public function for. */
#ifndef PYFLINK_ML_EMBEDDED_GIL_H
#define PYFLINK_ML_EMBEDDED_GIL_H

#include <stdbool.h>

/* Returns whether no thread has the GIL. Needs no GIL; the answer may be outdated at once. */
bool gil_is_free(void);

/* Returns how often another thread has taken the GIL than the one before. Needs no GIL. */
unsigned long gil_switches(void);

#endif
