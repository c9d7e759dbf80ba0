/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed when native code ends this process. */
#ifndef PYFLINK_ML_EMBEDDED_PROCESS_END_H
#define PYFLINK_ML_EMBEDDED_PROCESS_END_H

#include "native.h"

/* print_at_end(log_file, signals) */
PyObject *process_end_print(PyObject *module, PyObject *args);

#endif
