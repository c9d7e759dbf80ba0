/* SPDX-License-Identifier: Apache-2.0 */
/* The signal handlers of the JVM, and what changes in a forked child of it.

   HotSpot uses SIGSEGV and other signals for null checks, safepoints, thread dumps and its end, so
   a handler that another library installs ends the JVM. Handlers belong to the process, and so does
   the state of this file. */

#include "signals.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int jvm_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGTERM, SIGUSR2};

/* Libraries whose handlers belong to the JVM. Flink can load the profiler at any time; its handler
   passes on what it does not need. */
static const char *const jvm_libraries[] = {"libjvm.", "libjsig.", "libasyncProfiler."};

#define JVM_SIGNALS Py_ARRAY_LENGTH(jvm_signals)

/* The signals that the JVM needs on each of its threads. The kernel ends a process in which one of
   the first four is raised by a thread that blocks it. */
static const int thread_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGUSR2};

/* The handlers that signals_check puts back. They are read and written with the GIL. */
static struct sigaction jvm_actions[JVM_SIGNALS];
static bool guarded = false;

static volatile bool in_child = false;
static _Thread_local sigset_t mask_before_fork;

static bool
is_of_jvm(const struct sigaction *action)
{
    Dl_info library;

    if (dladdr((void *)action->sa_sigaction, &library) == 0) {
        return false;
    }
    const char *slash = strrchr(library.dli_fname, '/');
    const char *name = slash == NULL ? library.dli_fname : slash + 1;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(jvm_libraries); i++) {
        if (strncmp(name, jvm_libraries[i], strlen(jvm_libraries[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Lets the calling thread receive the signals that it needs. Returns a set of bits, one for each
   item of jvm_signals that was blocked. */
static unsigned
unblock_signals(void)
{
    unsigned unblocked = 0;
    sigset_t blocked, needed;

    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    sigemptyset(&needed);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(thread_signals); i++) {
        sigaddset(&needed, thread_signals[i]);
    }
    for (size_t i = 0; i < JVM_SIGNALS; i++) {
        bool is_needed = sigismember(&needed, jvm_signals[i]) == 1;
        unblocked |= is_needed && sigismember(&blocked, jvm_signals[i]) == 1 ? 1U << i : 0;
    }
    if (unblocked != 0) {
        pthread_sigmask(SIG_UNBLOCK, &needed, NULL);
    }
    return unblocked;
}

/* Puts the JVM's handlers back. Returns a set of bits, one for each item of jvm_signals whose
   handler had been replaced, or that the calling thread has blocked. */
static unsigned
restore_handlers(void)
{
    unsigned replaced = guarded && !in_child ? unblock_signals() : 0;

    for (size_t i = 0; guarded && !in_child && i < JVM_SIGNALS; i++) {
        struct sigaction current;
        if (sigaction(jvm_signals[i], NULL, &current) < 0 ||
            current.sa_sigaction == jvm_actions[i].sa_sigaction) {
            continue;
        }
        if (is_of_jvm(&current)) {
            jvm_actions[i] = current;
            continue;
        }
        sigaction(jvm_signals[i], &jvm_actions[i], NULL);
        replaced |= 1U << i;
    }
    return replaced;
}

/* Returns a new tuple of the numbers of the signals, or NULL with an exception set. */
static PyObject *
tuple_from_bits(unsigned replaced)
{
    PyObject *list = PyList_New(0);

    for (size_t i = 0; list != NULL && i < JVM_SIGNALS; i++) {
        PyObject *number = replaced & 1U << i ? PyLong_FromLong(jvm_signals[i]) : NULL;
        if (replaced & 1U << i && (number == NULL || PyList_Append(list, number) < 0)) {
            Py_CLEAR(list);
        }
        Py_XDECREF(number);
    }
    PyObject *tuple = list == NULL ? NULL : PyList_AsTuple(list);
    Py_XDECREF(list);
    return tuple;
}

PyObject *
signals_restore(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return tuple_from_bits(restore_handlers());
}

void
signals_check(PyObject *model)
{
    unsigned replaced = restore_handlers();
    PyObject *type, *error, *traceback;

    if (replaced == 0) {
        return;
    }
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *signals = tuple_from_bits(replaced);
    PyObject *runtime = PyImport_ImportModule("pyflink_ml_embedded._runtime.signals");
    PyObject *warned = signals == NULL || runtime == NULL
                           ? NULL
                           : PyObject_CallMethod(runtime, "warn", "OO", model, signals);
    if (warned == NULL) {
        PyErr_WriteUnraisable(model);
    }
    Py_XDECREF(warned);
    Py_XDECREF(runtime);
    Py_XDECREF(signals);
    PyErr_Restore(type, error, traceback);
}

/* Blocks the signals by which a parent ends a child, until the child has the default handlers. */
static void
prepare_fork(void)
{
    static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(ending); i++) {
        sigaddset(&blocked, ending[i]);
    }
    pthread_sigmask(SIG_BLOCK, &blocked, &mask_before_fork);
}

static void
leave_fork(void)
{
    pthread_sigmask(SIG_SETMASK, &mask_before_fork, NULL);
}

/* The handlers of the JVM do not work without its threads, and ignore SIGTERM. */
static void
become_child(void)
{
    in_child = true;
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
            action.sa_handler != SIG_IGN) {
            signal(number, SIG_DFL);
        }
    }
    leave_fork();
}

bool
signals_in_child(void)
{
    return in_child;
}

void
signals_exit_child(void)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(error, traceback);
    }
    PyObject *runtime = PyImport_ImportModule("pyflink_ml_embedded._runtime.forks");
    if (runtime != NULL) {
        PyObject_CallMethod(runtime, "end_child", "O", error == NULL ? Py_None : error);
    }
    _exit(1); /* only where this failed */
}

PyObject *
signals_guard(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (guarded) {
        Py_RETURN_NONE;
    }
    for (size_t i = 0; i < JVM_SIGNALS; i++) {
        sigaction(jvm_signals[i], NULL, &jvm_actions[i]);
    }
    if (pthread_atfork(prepare_fork, leave_fork, become_child) != 0) {
        return PyErr_NoMemory();
    }
    guarded = true;
    Py_RETURN_NONE;
}
