/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, classes and exceptions between JNI and CPython. */

#include "jni_util.h"

#include <limits.h>

/* Java's char is in native byte order, and so is what these constants ask of CPython. */
#if PY_BIG_ENDIAN
#define NATIVE_UTF16 "utf-16-be"
#define NATIVE_BYTE_ORDER 1
#else
#define NATIVE_UTF16 "utf-16-le"
#define NATIVE_BYTE_ORDER (-1)
#endif

PyObject *
unicode_from_jstring(JNIEnv *env, jstring string)
{
    int byte_order = NATIVE_BYTE_ORDER;
    jsize length = (*env)->GetStringLength(env, string);
    const jchar *chars = (*env)->GetStringChars(env, string, NULL);

    if (chars == NULL) {
        (*env)->ExceptionClear(env);
        return PyErr_NoMemory();
    }
    PyObject *text =
        PyUnicode_DecodeUTF16((const char *)chars, (Py_ssize_t)length * (Py_ssize_t)sizeof(jchar),
                              "surrogatepass", &byte_order);
    (*env)->ReleaseStringChars(env, string, chars);
    return text;
}

jstring
jstring_from_unicode(JNIEnv *env, PyObject *text)
{
    PyObject *bytes = PyUnicode_AsEncodedString(text, NATIVE_UTF16, "surrogatepass");
    if (bytes == NULL) {
        return NULL;
    }
    jstring string = NULL;
    Py_ssize_t length = PyBytes_GET_SIZE(bytes) / (Py_ssize_t)sizeof(jchar);
    if (length > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "text is too long for Java");
    }
    else {
        string = (*env)->NewString(env, (const jchar *)(const void *)PyBytes_AS_STRING(bytes),
                                   (jsize)length);
    }
    Py_DECREF(bytes);
    return string;
}

int
raise_from_java(JNIEnv *env, const char *doing)
{
    jthrowable error = (*env)->ExceptionOccurred(env);
    PyObject *text = NULL;

    (*env)->ExceptionClear(env);
    if (error != NULL) {
        jclass type = (*env)->GetObjectClass(env, error);
        jmethodID to_string = (*env)->GetMethodID(env, type, "toString", "()Ljava/lang/String;");
        jstring string = to_string == NULL ? NULL : (*env)->CallObjectMethod(env, error, to_string);
        (*env)->ExceptionClear(env);
        text = string == NULL ? NULL : unicode_from_jstring(env, string);
        PyErr_Clear();
        (*env)->DeleteLocalRef(env, string);
        (*env)->DeleteLocalRef(env, type);
        (*env)->DeleteLocalRef(env, error);
    }
    if (text != NULL) {
        PyErr_Format(PyExc_RuntimeError, "%s failed in Java: %U", doing, text);
        Py_DECREF(text);
    }
    else {
        PyErr_Format(PyExc_RuntimeError, "%s failed in Java", doing);
    }
    return -1;
}

jclass
load_class(JNIEnv *env, jobject class_loader, const char *name)
{
    jclass loader_class = (*env)->GetObjectClass(env, class_loader);
    jmethodID load = (*env)->GetMethodID(env, loader_class, "loadClass",
                                         "(Ljava/lang/String;)Ljava/lang/Class;");
    jstring string = load == NULL ? NULL : (*env)->NewStringUTF(env, name);
    jclass result =
        string == NULL ? NULL : (*env)->CallObjectMethod(env, class_loader, load, string);

    if ((*env)->ExceptionCheck(env)) {
        raise_from_java(env, "loading a class");
        result = NULL;
    }
    (*env)->DeleteLocalRef(env, string);
    (*env)->DeleteLocalRef(env, loader_class);
    return result;
}
