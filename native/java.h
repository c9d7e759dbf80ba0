/* SPDX-License-Identifier: Apache-2.0 */
/* The JVM that the module is bound to. */
#ifndef PYFLINK_ML_EMBEDDED_JAVA_H
#define PYFLINK_ML_EMBEDDED_JAVA_H

#include "native.h"

#include <jni.h>

struct JavaBinding {
    JavaVM *vm;
    jclass logger_factory; /* global reference to org.slf4j.LoggerFactory, or NULL */
    jobject marker;        /* global reference to the org.slf4j.Marker of Python's records */
};

#endif
