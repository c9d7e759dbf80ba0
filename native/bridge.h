/* SPDX-License-Identifier: Apache-2.0 */
/* The natives of NativeBridge.java. */
#ifndef PYFLINK_ML_EMBEDDED_BRIDGE_H
#define PYFLINK_ML_EMBEDDED_BRIDGE_H

#include "native.h"

/* METH_NOARGS. */
PyObject *bridge_bind(PyObject *module, PyObject *unused);

#endif
