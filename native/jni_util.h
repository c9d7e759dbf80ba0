/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, classes and exceptions between JNI and CPython. */
#ifndef PYFLINK_ML_EMBEDDED_JNI_UTIL_H
#define PYFLINK_ML_EMBEDDED_JNI_UTIL_H

#include "native.h"

#include <jni.h>

/* Returns a new str, or NULL with an exception set. Borrows string. */
PyObject *unicode_from_jstring(JNIEnv *env, jstring string);

/* Returns a new local reference, or NULL with a Java or a Python exception set. Borrows text. */
jstring jstring_from_unicode(JNIEnv *env, PyObject *text);

/* Turns a pending Java exception into a Python RuntimeError. Returns -1. */
int raise_from_java(JNIEnv *env, const char *doing);

/* Loads a class through class_loader. Returns a new local reference, or NULL with a Python
   exception set. */
jclass load_class(JNIEnv *env, jobject class_loader, const char *name);

#endif
