/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed when native code ends this process: by a signal, such as SIGABRT of HotSpot after
   its report and of C++ after an exception that nobody catches, or by a call of exit.

   The handlers call only async-signal-safe functions. The state is that of the process. */

#include "process_end.h"

#include "activity.h"
#include "stacks.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    pid_t process; /* 0 until the handlers are installed; a forked child has a different id */
    char log_file[PATH_MAX]; /* empty where there is none */
    struct sigaction previous[NSIG];
} end;

/* Borrows title. */
static void
print_to(int file, const char *title, bool with_stacks)
{
    activity_print_text(file, title);
    activity_print_text(file, " The models in this process:\n\n");
    activity_print(file);
    if (with_stacks && stacks_are_kept()) {
        activity_print_text(file, "\nThe stacks of Python's threads:\n\n");
        dup2(file, STDERR_FILENO); /* where they are printed */
        stacks_print();
    }
}

/* Prints to standard error and to the log. Borrows title. */
static void
print_end(const char *title, bool with_stacks)
{
    print_to(STDERR_FILENO, title, with_stacks);
    int log = end.log_file[0] == 0 ? -1 : open(end.log_file, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log >= 0) {
        print_to(log, title, with_stacks);
    }
}

static void
handle_signal(int signal)
{
    sigaction(signal, &end.previous[signal], NULL);
    print_end(signal == SIGABRT ? "\nThe process aborts." : "\nNative code has crashed.", true);
    raise(signal); /* delivered when this handler returns */
}

/* Whether the calling thread runs Python or a function. The threads on which a JVM calls exit, when
   it ends by itself, do not. */
static bool
is_of_model(void)
{
    return activity_is_here() || PyGILState_GetThisThreadState() != NULL;
}

static void
handle_exit(void)
{
    if (getpid() == end.process && is_of_model()) {
        print_end("\nNative code calls exit, which ends the process.", false);
    }
}

/* Installs the handlers. Returns 0, or -1 with an exception set. Borrows signals, a tuple. */
static int
install(PyObject *signals)
{
    struct sigaction handler = {.sa_handler = handle_signal, .sa_flags = SA_ONSTACK};

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(signals); i++) {
        long signal = PyLong_AsLong(PyTuple_GET_ITEM(signals, i));
        if (signal == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (signal < 1 || signal >= NSIG ||
            sigaction((int)signal, &handler, &end.previous[signal]) < 0) {
            PyErr_Format(PyExc_ValueError, "no handler can be installed for signal %ld", signal);
            return -1;
        }
    }
    if (atexit(handle_exit) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    end.process = getpid();
    return 0;
}

PyObject *
process_end_print(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *log_file, *signals;

    if (!PyArg_ParseTuple(args, "O&O!:print_at_end", PyUnicode_FSConverter, &log_file,
                          &PyTuple_Type, &signals)) {
        return NULL;
    }
    int status = 0;
    if (end.process == 0) {
        strncpy(end.log_file, PyBytes_AS_STRING(log_file), sizeof(end.log_file) - 1);
        status = install(signals);
    }
    Py_DECREF(log_file);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}
