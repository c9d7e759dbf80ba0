/* SPDX-License-Identifier: Apache-2.0 */
/* The natives of NativeBridge.java, and how a Java thread enters CPython. */

#include "bridge.h"

#include "call.h"
#include "compat.h"
#include "describe_error.h"
#include "engine_path.h"
#include "function_columns.h"
#include "gil.h"
#include "jni_util.h"
#include "log.h"
#include "memory.h"
#include "open_function.h"
#include "stack.h"
#include "stacks.h"
#include "signals.h"

#include <dlfcn.h>
#include <stdlib.h>

#define BRIDGE_CLASS "io.github.pyflink.ml.embedded.python.NativeBridge"
#define EXCEPTION_CLASS "io/github/pyflink/ml/embedded/python/PythonException"

/* From glibc: calls function with object when the calling thread exits. Unlike the destructor of a
   pthread key, it runs while the keys of other libraries, that of CPython among them, still have
   their values. */
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *library);

/* glibc finds the library that must stay loaded until then by this address. */
static char in_this_library;

/* Frees the state of the calling thread, which is exiting. Takes state. */
static void
free_thread_state(void *state)
{
    if (Py_IsInitialized() && !Py_IsFinalizing() && PyGILState_GetThisThreadState() == state) {
        PyEval_RestoreThread(state);
        PyGILState_Release(PyGILState_UNLOCKED);
    }
}

/* Takes the GIL with the state that the thread has, or with a new one that it keeps. The state is
   looked up each time, because PemJa deletes the states that it creates. */
static void
enter_python(void)
{
    PyThreadState *state = PyGILState_GetThisThreadState();

    if (state != NULL) {
        PyEval_RestoreThread(state);
    }
    else {
        PyGILState_Ensure();
        state = PyThreadState_Get();
        __cxa_thread_atexit_impl(free_thread_state, state, &in_this_library);
    }
    stack_limit_recursion(state);
}

static void
leave_python(void)
{
    PyEval_SaveThread();
}

/* Ends a child that the call has forked: it must not return to Java. */
static void
stop_child(void)
{
    if (signals_in_child()) {
        signals_exit_child();
    }
}

/* Throws PythonException with text and the names of the exception's classes, which may be NULL, for
   that row of a batch or for -1, or throws OutOfMemoryError where text is NULL. Takes both. */
static void
throw_python_exception(JNIEnv *env, PyObject *classes, PyObject *text, jint failed_row)
{
    jclass type;
    jstring message = text == NULL ? NULL : jstring_from_unicode(env, text);
    jstring names = classes == NULL || message == NULL ? NULL : jstring_from_unicode(env, classes);

    Py_XDECREF(text);
    Py_XDECREF(classes);
    if (names == NULL) { /* then the failure goes without them */
        PyErr_Clear();
        (*env)->ExceptionClear(env);
    }
    if (message == NULL) {
        if ((type = (*env)->FindClass(env, "java/lang/OutOfMemoryError")) != NULL) {
            (*env)->ThrowNew(env, type, "no memory is left in CPython");
        }
        return;
    }
    if ((type = (*env)->FindClass(env, EXCEPTION_CLASS)) == NULL) {
        return;
    }
    jmethodID constructor =
        (*env)->GetMethodID(env, type, "<init>", "(Ljava/lang/String;ILjava/lang/String;)V");
    jobject error = constructor == NULL
                        ? NULL
                        : (*env)->NewObject(env, type, constructor, message, failed_row, names);
    if (error != NULL) {
        (*env)->Throw(env, error);
    }
}

/* Returns a new reference to the OpenFunction of the request, or NULL with an exception set. */
static PyObject *
call_open_function(JNIEnv *env, jstring request)
{
    PyObject *runtime = NULL;
    PyObject *native = NULL;
    PyObject *text = NULL;
    PyObject *open_function = NULL;

    if ((native = PyImport_ImportModule("pyflink_ml_embedded._native")) == NULL ||
        (runtime = PyImport_ImportModule("pyflink_ml_embedded._runtime.open")) == NULL ||
        (text = unicode_from_jstring(env, request)) == NULL) {
        goto done;
    }
    open_function = PyObject_CallMethod(runtime, "open_function", "O", text);
    NativeState *state = PyModule_GetState(native);
    if (open_function != NULL && !Py_IS_TYPE(open_function, state->open_function_type)) {
        PyErr_SetString(PyExc_TypeError, "open_function() did not return an OpenFunction");
        Py_CLEAR(open_function);
    }
done:
    Py_XDECREF(text);
    Py_XDECREF(runtime);
    Py_XDECREF(native);
    return open_function;
}

/* Libraries built with pybind11 remember the state of the thread that imports them, so the state
   must live as long as the thread. But where PemJa creates a state for the same thread after open,
   CPython up to 3.11 must not find this one there. */
static jlong JNICALL
native_open(JNIEnv *env, jclass Py_UNUSED(type), jstring request, jboolean keep_thread_state)
{
    if (keep_thread_state) {
        enter_python();
        leave_python();
    }
    PyGILState_STATE gil = PyGILState_Ensure();
    stack_limit_recursion(PyThreadState_Get());
    PyObject *open_function = call_open_function(env, request);
    stop_child();
    if (open_function == NULL) {
        throw_python_exception(env, NULL, describe_step_error(), -1);
    }
    PyGILState_Release(gil);
    return (jlong)(intptr_t)open_function;
}

static void JNICALL
native_close(JNIEnv *env, jclass Py_UNUSED(type), jlong handle)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    stack_limit_recursion(PyThreadState_Get());
    PyObject *open_function = (PyObject *)(intptr_t)handle;
    PyObject *runtime = PyImport_ImportModule("pyflink_ml_embedded._runtime.open");
    PyObject *closed =
        runtime == NULL ? NULL : PyObject_CallMethod(runtime, "close_function", "O", open_function);

    stop_child();
    Py_DECREF(open_function);
    if (closed == NULL) {
        throw_python_exception(env, NULL, describe_step_error(), -1);
    }
    Py_XDECREF(closed);
    Py_XDECREF(runtime);
    PyGILState_Release(gil);
}

static OpenFunction *
open_function_of(jlong handle)
{
    return (OpenFunction *)(intptr_t)handle;
}

static jboolean JNICALL
native_has_engine(JNIEnv *Py_UNUSED(env), jclass Py_UNUSED(type), jlong handle)
{
    return open_function_of(handle)->engine != NULL;
}

static jlong JNICALL
native_warm_up_nanoseconds(JNIEnv *Py_UNUSED(env), jclass Py_UNUSED(type), jlong handle)
{
    return open_function_of(handle)->warm_up_nanoseconds;
}

static jint JNICALL
native_predict(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jlong row_number)
{
    OpenFunction *open_function = open_function_of(handle);

    measure_begin_row(&open_function->measure);
    int predicted = predict_row_by_engine(open_function, row_number);
    if (predicted != DECLINED) {
        return predicted;
    }
    turns_enter(&open_function->caller);
    enter_python();
    turns_begin(&open_function->caller);
    measure_entered(&open_function->measure);
    int rows = open_function_predict(open_function, row_number);
    stop_child();
    if (rows < 0) {
        PyObject *classes = describe_classes();
        throw_python_exception(env, classes, open_function_describe_error(open_function), 0);
    }
    leave_python();
    turns_leave(&open_function->caller);
    return rows;
}

static jint JNICALL
native_predict_batch(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jint slot, jint start,
                     jint count, jlong row_number)
{
    OpenFunction *open_function = open_function_of(handle);

    measure_begin(&open_function->measure, true);
    int predicted = predict_batch_by_engine(open_function, slot, start, count, row_number);
    if (predicted != DECLINED) {
        return predicted;
    }
    enter_python();
    measure_entered(&open_function->measure);
    int rows = open_function_predict_batch(open_function, slot, start, count, row_number);
    stop_child();
    if (rows < 0) {
        PyObject *classes = describe_classes();
        PyObject *text =
            open_function_describe_batch_error(open_function, slot, start, count, row_number);
        throw_python_exception(env, classes, text, open_function->failed);
    }
    leave_python();
    return rows;
}

static jint JNICALL
native_awaits(JNIEnv *Py_UNUSED(env), jclass Py_UNUSED(type), jlong handle)
{
    return (jint)open_function_of(handle)->awaits;
}

static void JNICALL
native_start(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jint slot, jint start, jint count,
             jlong row_number)
{
    OpenFunction *open_function = open_function_of(handle);

    measure_begin(&open_function->measure, true);
    enter_python();
    int status = open_function_start(open_function, slot, start, count, row_number);
    stop_child();
    if (status < 0) {
        PyObject *classes = describe_classes();
        PyObject *text =
            open_function_describe_batch_error(open_function, slot, start, count, row_number);
        throw_python_exception(env, classes, text, open_function->failed);
    }
    leave_python();
}

static jint JNICALL
native_await(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jlong microseconds)
{
    OpenFunction *open_function = open_function_of(handle);

    enter_python();
    int calls = open_function_await(open_function, microseconds);
    stop_child();
    if (calls < 0) {
        PyObject *classes = describe_classes();
        PyObject *text = open_function_describe_await_error(open_function);
        throw_python_exception(env, classes, text, open_function->failed);
    }
    leave_python();
    return calls;
}

/* Needs no GIL. */
static void JNICALL
native_wake(JNIEnv *Py_UNUSED(env), jclass Py_UNUSED(type), jlong handle)
{
    open_function_wake(open_function_of(handle));
}

static jobject JNICALL
native_numbers(JNIEnv *env, jclass Py_UNUSED(type), jlong handle)
{
    OpenFunction *open_function = open_function_of(handle);
    return (*env)->NewDirectByteBuffer(env, open_function->numbers,
                                       (jlong)sizeof(*open_function->numbers) *
                                           open_function->max_rows);
}

/* Needs no GIL. */
static jlong JNICALL
native_call(JNIEnv *Py_UNUSED(env), jclass Py_UNUSED(type), jlong handle)
{
    return call_in_progress(open_function_of(handle));
}

/* Needs no GIL. */
static jlong JNICALL
native_thread(JNIEnv *Py_UNUSED(env), jclass Py_UNUSED(type), jlong handle)
{
    return (jlong)atomic_load_explicit(&open_function_of(handle)->thread, memory_order_relaxed);
}

/* Needs no GIL. */
static jlong JNICALL
native_gil_switches(JNIEnv *Py_UNUSED(env), jclass Py_UNUSED(type))
{
    return (jlong)gil_switches();
}

static jint JNICALL
native_interrupt(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jlong call, jstring reason,
                 jboolean force)
{
    enter_python();
    PyObject *text = unicode_from_jstring(env, reason);
    CallOutcome outcome = CALL_DEFERRED; /* where memory is exhausted */
    if (text == NULL) {
        PyErr_Clear();
    }
    else {
        outcome = call_interrupt(open_function_of(handle), call, text, force == JNI_TRUE);
        Py_DECREF(text);
    }
    leave_python();
    return outcome;
}

static jstring JNICALL
native_stacks(JNIEnv *env, jclass Py_UNUSED(type), jboolean with_gil)
{
    if (with_gil) {
        enter_python();
    }
    char *text = stacks_read();
    if (with_gil) {
        leave_python();
    }
    jstring stacks = (*env)->NewStringUTF(env, text == NULL ? "" : text);
    free(text);
    return stacks;
}

/* Needs no GIL. */
static jboolean JNICALL
native_reset(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jint slot, jint rows)
{
    int moved = function_columns_reset(open_function_of(handle), slot, rows);

    if (moved < 0) {
        jclass error = (*env)->FindClass(env, "java/lang/OutOfMemoryError");
        if (error != NULL) {
            (*env)->ThrowNew(env, error, "no memory is left for the input columns");
        }
        return JNI_FALSE;
    }
    return (jboolean)moved;
}

static jobject JNICALL
native_offsets(JNIEnv *env, jclass Py_UNUSED(type), jlong handle)
{
    OpenFunction *open_function = open_function_of(handle);
    return (*env)->NewDirectByteBuffer(env, open_function->offsets,
                                       (jlong)sizeof(*open_function->offsets) *
                                           open_function->max_rows);
}

static jobject JNICALL
native_metrics(JNIEnv *env, jclass Py_UNUSED(type), jlong handle)
{
    return (*env)->NewDirectByteBuffer(env, open_function_of(handle)->metrics->bytes,
                                       (jlong)METRICS_CAPACITY);
}

static jobject JNICALL
native_memory(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jint columns_index, jint column)
{
    size_t size;
    Columns *columns = function_columns(open_function_of(handle), columns_index);
    uint8_t *bytes = function_columns_memory(columns, column, &size);
    return (*env)->NewDirectByteBuffer(env, bytes, (jlong)size);
}

static jintArray JNICALL
native_layout(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jint columns_index)
{
    const OpenFunction *open_function = open_function_of(handle);
    const Columns *columns = function_columns(open_function, columns_index);
    jsize count = function_columns_layout(open_function, columns, NULL);
    jintArray array = (*env)->NewIntArray(env, count);
    jint *layout = array == NULL ? NULL : (*env)->GetIntArrayElements(env, array, NULL);

    if (layout == NULL) {
        return NULL;
    }
    function_columns_layout(open_function, columns, layout);
    (*env)->ReleaseIntArrayElements(env, array, layout, 0);
    return array;
}

/* Throws the reason why memory could not grow. Only this step needs the GIL. */
static void
throw_column_full(JNIEnv *env, const Columns *columns, const Column *column, int status)
{
    PyObject *text = function_columns_describe_full(columns, column, status);
    PyGILState_STATE gil = PyGILState_Ensure();
    throw_python_exception(env, NULL, text, -1);
    PyGILState_Release(gil);
}

static jobject JNICALL
native_grow(JNIEnv *env, jclass type, jlong handle, jint columns_index, jint index, jlong capacity)
{
    Columns *columns = function_columns(open_function_of(handle), columns_index);
    Column *column = &columns->columns[index];

    int status = column_try_reserve_data(columns, column, capacity);
    if (status < 0) {
        throw_column_full(env, columns, column, status);
        return NULL;
    }
    return native_memory(env, type, handle, columns_index, index);
}

static void JNICALL
native_reserve(JNIEnv *env, jclass Py_UNUSED(type), jlong handle, jint columns_index, jlong rows)
{
    Columns *columns = function_columns(open_function_of(handle), columns_index);

    int status = columns_try_reserve(columns, rows);
    if (status < 0) {
        throw_column_full(env, columns, NULL, status);
    }
}

/* Returns the JVM of this process, or NULL with an exception set. */
static JavaVM *
find_vm(void)
{
    typedef jint(JNICALL * GetCreatedJavaVMs)(JavaVM **, jsize, jsize *);
    union {
        void *symbol;
        GetCreatedJavaVMs function;
    } get = {dlsym(RTLD_DEFAULT, "JNI_GetCreatedJavaVMs")};
    JavaVM *vm = NULL;
    jsize count = 0;

    if (get.symbol == NULL) {
        /* A launcher may have loaded libjvm without making its symbols global. */
        void *library = dlopen("libjvm.so", RTLD_LAZY | RTLD_NOLOAD);
        get.symbol = library == NULL ? NULL : dlsym(library, "JNI_GetCreatedJavaVMs");
    }
    if (get.symbol == NULL || get.function(&vm, 1, &count) != JNI_OK || count == 0) {
        PyErr_SetString(PyExc_RuntimeError, "bind() works only inside a JVM");
        return NULL;
    }
    return vm;
}

/* Returns a new local reference to the context class loader of the calling thread, or NULL with an
   exception set. */
static jobject
context_class_loader(JNIEnv *env)
{
    jobject loader = NULL;
    jclass type = (*env)->FindClass(env, "java/lang/Thread");
    jmethodID current = type == NULL ? NULL
                                     : (*env)->GetStaticMethodID(env, type, "currentThread",
                                                                 "()Ljava/lang/Thread;");
    jobject thread = current == NULL ? NULL : (*env)->CallStaticObjectMethod(env, type, current);
    jmethodID get = thread == NULL ? NULL
                                   : (*env)->GetMethodID(env, type, "getContextClassLoader",
                                                         "()Ljava/lang/ClassLoader;");
    if (get != NULL) {
        loader = (*env)->CallObjectMethod(env, thread, get);
    }
    if ((*env)->ExceptionCheck(env) || loader == NULL) {
        raise_from_java(env, "finding the context class loader");
        loader = NULL;
    }
    (*env)->DeleteLocalRef(env, thread);
    (*env)->DeleteLocalRef(env, type);
    return loader;
}

PyObject *
bridge_bind(PyObject *module, PyObject *Py_UNUSED(unused))
{
    static const JNINativeMethod methods[] = {
        {"open", "(Ljava/lang/String;Z)J", (void *)native_open},
        {"close", "(J)V", (void *)native_close},
        {"hasEngine", "(J)Z", (void *)native_has_engine},
        {"predict", "(JJ)I", (void *)native_predict},
        {"predictBatch", "(JIIIJ)I", (void *)native_predict_batch},
        {"warmUpNanoseconds", "(J)J", (void *)native_warm_up_nanoseconds},
        {"call", "(J)J", (void *)native_call},
        {"thread", "(J)J", (void *)native_thread},
        {"gilSwitches", "()J", (void *)native_gil_switches},
        {"interrupt", "(JJLjava/lang/String;Z)I", (void *)native_interrupt},
        {"stacks", "(Z)Ljava/lang/String;", (void *)native_stacks},
        {"awaits", "(J)I", (void *)native_awaits},
        {"start", "(JIIIJ)V", (void *)native_start},
        {"await", "(JJ)I", (void *)native_await},
        {"wake", "(J)V", (void *)native_wake},
        {"numbers", "(J)Ljava/nio/ByteBuffer;", (void *)native_numbers},
        {"reset", "(JII)Z", (void *)native_reset},
        {"offsets", "(J)Ljava/nio/ByteBuffer;", (void *)native_offsets},
        {"metrics", "(J)Ljava/nio/ByteBuffer;", (void *)native_metrics},
        {"memory", "(JII)Ljava/nio/ByteBuffer;", (void *)native_memory},
        {"layout", "(JI)[I", (void *)native_layout},
        {"grow", "(JIIJ)Ljava/nio/ByteBuffer;", (void *)native_grow},
        {"reserve", "(JIJ)V", (void *)native_reserve},
    };
    JNIEnv *env;
    JavaVM *vm = find_vm();

    if (vm == NULL) {
        return NULL;
    }
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) {
        PyErr_SetString(PyExc_RuntimeError, "bind() must be called on a thread of the JVM");
        return NULL;
    }
    jobject loader = context_class_loader(env);
    jclass bridge = loader == NULL ? NULL : load_class(env, loader, BRIDGE_CLASS);
    int status = bridge == NULL ? -1 : log_bind(PyModule_GetState(module), vm, env, loader);
    if (status == 0 &&
        (*env)->RegisterNatives(env, bridge, methods, Py_ARRAY_LENGTH(methods)) != JNI_OK) {
        status = raise_from_java(env, "RegisterNatives");
    }
    (*env)->DeleteLocalRef(env, bridge);
    (*env)->DeleteLocalRef(env, loader);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}
