/* SPDX-License-Identifier: Apache-2.0 */
/* Python's logging to SLF4J. */
#ifndef PYFLINK_ML_EMBEDDED_LOG_H
#define PYFLINK_ML_EMBEDDED_LOG_H

#include "native.h"

#include <jni.h>

/* Keeps vm and org.slf4j.LoggerFactory, unless an earlier call did. Returns 0, or -1 with an
   exception set. Borrows class_loader. */
int log_bind(NativeState *state, JavaVM *vm, JNIEnv *env, jobject class_loader);

/* METH_VARARGS and METH_O. */
PyObject *log_write(PyObject *module, PyObject *args);
PyObject *log_levels(PyObject *module, PyObject *names);

#endif
