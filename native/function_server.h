/* SPDX-License-Identifier: Apache-2.0 */
/* The type FunctionServer: lets the JVM of a worker process call an open function. */
#ifndef PYFLINK_ML_EMBEDDED_FUNCTION_SERVER_H
#define PYFLINK_ML_EMBEDDED_FUNCTION_SERVER_H

#include "native.h"

extern PyType_Spec function_server_spec;

#endif
