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

/* A level of Python's logging and the SLF4J methods for it. 0 is no level: a logger with it has
   that of its parent. */
typedef struct {
    long level;
    const char *write;
    const char *is_enabled;
} Level;

static const Level levels[] = {
    {40, "error", "isErrorEnabled"}, {30, "warn", "isWarnEnabled"},  {20, "info", "isInfoEnabled"},
    {10, "debug", "isDebugEnabled"}, {1, "trace", "isTraceEnabled"},
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

/* Returns what the calling thread calls Java with, and sets *attached where the thread, which
   Python started, must be detached again; or returns NULL with an exception set. */
static JNIEnv *
enter_java(const NativeState *state, const char *function, bool *attached)
{
    JNIEnv *env;

    *attached = false;
    if (state->java == NULL || signals_in_child()) {
        PyErr_Format(PyExc_RuntimeError, "%s() needs bind(), in the process of the JVM", function);
        return NULL;
    }
    JavaVM *vm = state->java->vm;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) == JNI_OK) {
        return env;
    }
    if ((*vm)->AttachCurrentThreadAsDaemon(vm, (void **)&env, NULL) != JNI_OK) {
        PyErr_SetString(PyExc_RuntimeError, "cannot attach the thread to the JVM");
        return NULL;
    }
    *attached = true;
    return env;
}

static void
leave_java(const NativeState *state, bool attached)
{
    if (attached) {
        (*state->java->vm)->DetachCurrentThread(state->java->vm);
    }
}

PyObject *
log_write(PyObject *module, PyObject *args)
{
    NativeState *state = PyModule_GetState(module);
    long level;
    PyObject *name, *message;
    bool attached;

    if (!PyArg_ParseTuple(args, "lUU:log", &level, &name, &message)) {
        return NULL;
    }
    JNIEnv *env = enter_java(state, "log", &attached);
    if (env == NULL) {
        return NULL;
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
    leave_java(state, attached);
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

/* Returns the lowest level that the logger of a name writes, or -1 with an exception set. */
static long
level_of(NativeState *state, JNIEnv *env, PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "the name of a logger is a str");
        return -1;
    }
    jstring java_name = jstring_from_unicode(env, name);
    if (java_name == NULL) {
        return -1;
    }
    long level = levels[0].level;
    jobject logger = get_logger(state, env, java_name);
    for (size_t i = 0; logger != NULL && i < Py_ARRAY_LENGTH(levels); i++) {
        if (!is_enabled(env, logger, levels[i].is_enabled)) {
            break;
        }
        level = levels[i].level;
    }
    if ((*env)->ExceptionCheck(env)) {
        level = raise_from_java(env, "asking for the log level");
    }
    (*env)->DeleteLocalRef(env, logger);
    (*env)->DeleteLocalRef(env, java_name);
    return level;
}

PyObject *
log_levels(PyObject *module, PyObject *names)
{
    NativeState *state = PyModule_GetState(module);
    bool attached;
    PyObject *sequence = PySequence_Tuple(names);
    JNIEnv *env = sequence == NULL ? NULL : enter_java(state, "log_levels", &attached);

    if (env == NULL) {
        Py_XDECREF(sequence);
        return NULL;
    }
    PyObject *result = PyList_New(0);
    for (Py_ssize_t i = 0; result != NULL && i < PyTuple_GET_SIZE(sequence); i++) {
        long level = level_of(state, env, PyTuple_GET_ITEM(sequence, i));
        PyObject *item = level < 0 ? NULL : PyLong_FromLong(level);
        if (item == NULL || PyList_Append(result, item) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(item);
    }
    leave_java(state, attached);
    Py_DECREF(sequence);
    return result;
}
