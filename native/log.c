/* SPDX-License-Identifier: Apache-2.0 */
/* Python's logging to SLF4J.

   org.slf4j is looked up once and kept: Flink loads it in the parent of all class loaders of jobs,
   so keeping it keeps no job alive. */

#include "log.h"

#include "java.h"
#include "jni_util.h"
#include "signals.h"

/* The name of the marker that distinguishes Python's records from those of Java. */
static const char marker_name[] = "pyflink-ml-embedded.python";

/* A level of Python's logging and the SLF4J methods for it. */
typedef struct {
    long level;
    const char *write;
    const char *is_enabled;
} Level;

static const Level levels[] = {
    {40, "error", "isErrorEnabled"}, {30, "warn", "isWarnEnabled"},  {20, "info", "isInfoEnabled"},
    {10, "debug", "isDebugEnabled"}, {0, "trace", "isTraceEnabled"},
};

/* Returns a new local reference to the marker, or NULL with an exception set. */
static jobject
make_marker(JNIEnv *env, jobject class_loader)
{
    jclass factory = load_class(env, class_loader, "org.slf4j.MarkerFactory");
    if (factory == NULL) {
        return NULL;
    }
    jobject marker = NULL;
    jmethodID get = (*env)->GetStaticMethodID(env, factory, "getMarker",
                                              "(Ljava/lang/String;)Lorg/slf4j/Marker;");
    jstring name = get == NULL ? NULL : (*env)->NewStringUTF(env, marker_name);
    if (name != NULL) {
        marker = (*env)->CallStaticObjectMethod(env, factory, get, name);
        (*env)->DeleteLocalRef(env, name);
    }
    (*env)->DeleteLocalRef(env, factory);
    if ((*env)->ExceptionCheck(env)) {
        raise_from_java(env, "logging");
        return NULL;
    }
    return marker;
}

int
log_bind(NativeState *state, JavaVM *vm, JNIEnv *env, jobject class_loader)
{
    if (state->java != NULL) {
        return 0;
    }
    jclass factory = load_class(env, class_loader, "org.slf4j.LoggerFactory");
    if (factory == NULL) {
        return -1;
    }
    jobject marker = make_marker(env, class_loader);
    if (marker == NULL) {
        (*env)->DeleteLocalRef(env, factory);
        return -1;
    }
    jobject kept_factory = (*env)->NewGlobalRef(env, factory);
    jobject kept_marker = (*env)->NewGlobalRef(env, marker);
    JavaBinding *java =
        kept_factory == NULL || kept_marker == NULL ? NULL : PyMem_RawMalloc(sizeof(*java));
    (*env)->DeleteLocalRef(env, factory);
    (*env)->DeleteLocalRef(env, marker);
    if (java == NULL) {
        (*env)->DeleteGlobalRef(env, kept_factory);
        (*env)->DeleteGlobalRef(env, kept_marker);
        PyErr_NoMemory();
        return -1;
    }
    *java = (JavaBinding){.vm = vm, .logger_factory = kept_factory, .marker = kept_marker};
    state->java = java;
    return 0;
}

/* Returns a new local reference to a logger, or NULL with a Java exception set. */
static jobject
get_logger(NativeState *state, JNIEnv *env, jstring name)
{
    jmethodID get = (*env)->GetStaticMethodID(env, state->java->logger_factory, "getLogger",
                                              "(Ljava/lang/String;)Lorg/slf4j/Logger;");
    return get == NULL
               ? NULL
               : (*env)->CallStaticObjectMethod(env, state->java->logger_factory, get, name);
}

/* Calls logger.LEVEL(marker, message). A Java exception may be set afterwards. */
static void
call_logger(JNIEnv *env, jobject logger, const char *method, jobject marker, jstring message)
{
    jclass type = (*env)->GetObjectClass(env, logger);
    jmethodID write =
        (*env)->GetMethodID(env, type, method, "(Lorg/slf4j/Marker;Ljava/lang/String;)V");
    if (write != NULL) {
        (*env)->CallVoidMethod(env, logger, write, marker, message);
    }
    (*env)->DeleteLocalRef(env, type);
}

PyObject *
log_write(PyObject *module, PyObject *args)
{
    NativeState *state = PyModule_GetState(module);
    long level;
    PyObject *name, *message;
    JNIEnv *env;

    if (!PyArg_ParseTuple(args, "lUU:log", &level, &name, &message)) {
        return NULL;
    }
    if (state->java == NULL || signals_in_child()) {
        PyErr_SetString(PyExc_RuntimeError, "log() needs bind(), in the process of the JVM");
        return NULL;
    }
    /* A thread that Python started is not known to the JVM. */
    bool attached = false;
    if ((*state->java->vm)->GetEnv(state->java->vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) {
        attached = true;
        if ((*state->java->vm)->AttachCurrentThreadAsDaemon(state->java->vm, (void **)&env, NULL) !=
            JNI_OK) {
            PyErr_SetString(PyExc_RuntimeError, "cannot attach the thread to the JVM");
            return NULL;
        }
    }
    size_t i = 0;
    while (i + 1 < Py_ARRAY_LENGTH(levels) && level < levels[i].level) {
        i++;
    }
    jstring java_name = jstring_from_unicode(env, name);
    jstring java_message = java_name == NULL ? NULL : jstring_from_unicode(env, message);
    if (java_message != NULL) {
        Py_BEGIN_ALLOW_THREADS jobject logger = get_logger(state, env, java_name);
        if (logger != NULL) {
            call_logger(env, logger, levels[i].write, state->java->marker, java_message);
            (*env)->DeleteLocalRef(env, logger);
        }
        Py_END_ALLOW_THREADS
    }
    if ((*env)->ExceptionCheck(env) && !PyErr_Occurred()) {
        raise_from_java(env, "logging");
    }
    (*env)->DeleteLocalRef(env, java_message);
    (*env)->DeleteLocalRef(env, java_name);
    if (attached) {
        (*state->java->vm)->DetachCurrentThread(state->java->vm);
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Whether logger.METHOD() is true. A Java exception may be set afterwards. */
static bool
is_enabled(JNIEnv *env, jobject logger, const char *method)
{
    jclass type = (*env)->GetObjectClass(env, logger);
    jmethodID ask = (*env)->GetMethodID(env, type, method, "()Z");
    bool enabled = ask != NULL && (*env)->CallBooleanMethod(env, logger, ask) == JNI_TRUE;
    (*env)->DeleteLocalRef(env, type);
    return enabled && !(*env)->ExceptionCheck(env);
}

PyObject *
log_level(PyObject *module, PyObject *Py_UNUSED(unused))
{
    NativeState *state = PyModule_GetState(module);
    JNIEnv *env;
    long level = levels[0].level;

    if (state->java == NULL || signals_in_child() ||
        (*state->java->vm)->GetEnv(state->java->vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) {
        PyErr_SetString(PyExc_RuntimeError, "log_level() needs bind() and a thread of the JVM");
        return NULL;
    }
    jstring name = (*env)->NewStringUTF(env, "ROOT");
    jobject logger = name == NULL ? NULL : get_logger(state, env, name);
    for (size_t i = 0; logger != NULL && i < Py_ARRAY_LENGTH(levels); i++) {
        if (is_enabled(env, logger, levels[i].is_enabled)) {
            level = levels[i].level;
        }
    }
    bool failed = (*env)->ExceptionCheck(env);
    if (failed) {
        raise_from_java(env, "asking for the log level");
    }
    (*env)->DeleteLocalRef(env, logger);
    (*env)->DeleteLocalRef(env, name);
    return failed ? NULL : PyLong_FromLong(level);
}
