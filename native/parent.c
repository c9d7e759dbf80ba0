/* SPDX-License-Identifier: Apache-2.0 */
/* A worker process ends with the JVM that has started it. Two things tell it: the pipe of its
   standard input has no writer any more, which a thread without Python watches; and the kernel's
   signal, also where a child of the JVM has inherited the pipe. */

#include "parent.h"

#include "block.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A worker whose input ended closes by itself, or is ended after this time. */
#define GRACE_SECONDS 2

static void
end_group(int Py_UNUSED(signal))
{
    kill(0, SIGKILL); /* this process and all that it has started */
}

static void *
watch_parent(void *descriptor)
{
    struct pollfd input = {.fd = (int)(intptr_t)descriptor};

    while (poll(&input, 1, -1) < 0 && errno == EINTR) {
    }
    sleep(GRACE_SECONDS);
    end_group(SIGKILL);
    return NULL;
}

PyObject *
parent_become_worker(PyObject *Py_UNUSED(module), PyObject *descriptor)
{
    struct sigaction action = {.sa_handler = end_group};
    pthread_t thread;
    int input = (int)PyLong_AsLong(descriptor);

    if (input == -1 && PyErr_Occurred()) {
        return NULL;
    }
    /* A signal that no library uses: the last of the real-time ones. */
    if (setpgid(0, 0) < 0 || sigaction(SIGRTMAX, &action, NULL) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGRTMAX) < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if ((errno = pthread_create(&thread, NULL, watch_parent, (void *)(intptr_t)input)) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    pthread_detach(thread);
    blocks_share();
    Py_RETURN_NONE;
}
