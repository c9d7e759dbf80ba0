/* SPDX-License-Identifier: Apache-2.0 */
/* The stacks of Python's threads, printed without the GIL.

   Only faulthandler can do so. The handler that it registers for a signal prints all stacks to a
   file and calls only async-signal-safe functions. Two are registered and then removed, because
   only the functions are needed: one prints to standard error, and the other to a file in memory.
   The state is that of the process. */

#include "stacks.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* The most bytes of the stacks that are read. */
#define LONGEST_TEXT ((size_t)64 * 1024)

static struct {
    void (*print)(int); /* NULL until they are kept */
    int abort_signal;
    int file_signal;
    int file;
    pthread_mutex_t mutex; /* held while the file is used */
} stacks = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Removes the handler of a signal. Returns it, or NULL. */
static void (*take_handler(int signal))(int)
{
    struct sigaction registered;
    struct sigaction unused = {.sa_handler = SIG_DFL};

    return sigaction(signal, &unused, &registered) < 0 ? NULL : registered.sa_handler;
}

PyObject *
stacks_keep(PyObject *Py_UNUSED(module), PyObject *args)
{
    int abort_signal, file_signal, file;

    if (!PyArg_ParseTuple(args, "iii:keep_stacks", &abort_signal, &file_signal, &file)) {
        return NULL;
    }
    stacks.abort_signal = abort_signal;
    stacks.file_signal = file_signal;
    stacks.file = file;
    take_handler(file_signal);
    if ((stacks.print = take_handler(abort_signal)) == NULL) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

bool
stacks_are_kept(void)
{
    return stacks.print != NULL;
}

void
stacks_print(void)
{
    if (stacks.print != NULL) {
        stacks.print(stacks.abort_signal);
    }
}

/* Reads what was printed. Returns as stacks_read. */
static char *
read_file(void)
{
    char *text = malloc(LONGEST_TEXT + 1);

    if (text == NULL) {
        return NULL;
    }
    ssize_t length = pread(stacks.file, text, LONGEST_TEXT, 0);
    text[length < 0 ? 0 : length] = 0;
    return text;
}

char *
stacks_read(void)
{
    char *text = NULL;

    if (stacks.print == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&stacks.mutex);
    if (ftruncate(stacks.file, 0) == 0 && lseek(stacks.file, 0, SEEK_SET) == 0) {
        stacks.print(stacks.file_signal);
        text = read_file();
    }
    pthread_mutex_unlock(&stacks.mutex);
    return text;
}
