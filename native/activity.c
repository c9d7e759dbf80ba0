/* SPDX-License-Identifier: Apache-2.0 */
/* What the models of this process do, for the text that is printed when the process ends.

   The text of each function is written when it is opened, so that a signal handler only has to copy
   it. Nodes are added and taken with the GIL. The list is that of the process. */

#include "activity.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static _Atomic(ActivityNode *) nodes;

/* Returns a node that nobody uses, or NULL with an exception set. Needs the GIL. */
static ActivityNode *
take_node(void)
{
    ActivityNode *first = atomic_load(&nodes);

    for (ActivityNode *node = first; node != NULL; node = node->next) {
        if (!atomic_load(&node->used)) {
            return node;
        }
    }
    ActivityNode *node = PyMem_RawCalloc(1, sizeof(*node));
    if (node == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    node->next = first;
    atomic_store(&nodes, node);
    return node;
}

static PyObject *
activity_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Activity *self = (Activity *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    if ((self->node = take_node()) == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->node->text[0] = 0;
    atomic_store(&self->node->thread, 0);
    atomic_store(&self->node->step, "");
    atomic_store(&self->node->used, true);
    return (PyObject *)self;
}

static int
activity_traverse(Activity *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
activity_dealloc(Activity *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    if (self->node != NULL) {
        atomic_store(&self->node->used, false);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
activity_describe(Activity *self, PyObject *text)
{
    const char *bytes = PyUnicode_AsUTF8(text);

    if (bytes == NULL) {
        return NULL;
    }
    strncpy(self->node->text, bytes, ACTIVITY_TEXT_SIZE - 1);
    Py_RETURN_NONE;
}

static PyObject *
activity_open(Activity *self, PyObject *Py_UNUSED(unused))
{
    atomic_store(&self->node->step, "open");
    activity_enter(self, PyThread_get_thread_ident());
    Py_RETURN_NONE;
}

static PyObject *
activity_wait(Activity *self, PyObject *Py_UNUSED(unused))
{
    activity_leave(self);
    atomic_store(&self->node->step, "predict");
    Py_RETURN_NONE;
}

static PyObject *
activity_close(Activity *self, PyObject *Py_UNUSED(unused))
{
    atomic_store(&self->node->step, "close");
    activity_enter(self, PyThread_get_thread_ident());
    Py_RETURN_NONE;
}

bool
activity_is_here(void)
{
    for (ActivityNode *node = atomic_load(&nodes); node != NULL; node = node->next) {
        if (atomic_load(&node->used) && atomic_load(&node->thread) == pthread_self()) {
            return true;
        }
    }
    return false;
}

void
activity_print_text(int file, const char *text)
{
    size_t length = strlen(text);

    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written <= 0) {
            return;
        }
        text += written;
        length -= (size_t)written;
    }
}

/* Prints a number as faulthandler prints those of threads. */
static void
print_thread(int file, unsigned long thread)
{
    char text[] = "0x0000000000000000";

    for (size_t i = sizeof(text) - 2; thread != 0; i--, thread /= 16) {
        text[i] = "0123456789abcdef"[thread % 16];
    }
    activity_print_text(file, text);
}

void
activity_print(int file)
{
    for (ActivityNode *node = atomic_load(&nodes); node != NULL; node = node->next) {
        unsigned long thread = atomic_load(&node->thread);
        if (!atomic_load(&node->used)) {
            continue;
        }
        activity_print_text(file, "- ");
        activity_print_text(file, node->text);
        if (thread == 0) {
            activity_print_text(file, ": no call is in progress\n");
            continue;
        }
        activity_print_text(file, ": ");
        activity_print_text(file, atomic_load(&node->step));
        activity_print_text(file, thread == pthread_self() ? " runs on this thread, "
                                                           : " runs on thread ");
        print_thread(file, thread);
        activity_print_text(file, "\n");
    }
}

static PyMethodDef activity_methods[] = {
    {"describe", (PyCFunction)activity_describe, METH_O,
     "describe(text)\n--\n\nSet the text that names the function."},
    {"note_open", (PyCFunction)activity_open, METH_NOARGS,
     "note_open()\n--\n\nNote that the calling thread opens the function."},
    {"note_wait", (PyCFunction)activity_wait, METH_NOARGS,
     "note_wait()\n--\n\nNote that the function is open, and waits for calls."},
    {"note_close", (PyCFunction)activity_close, METH_NOARGS,
     "note_close()\n--\n\nNote that the calling thread closes the function."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot activity_slots[] = {
    {Py_tp_doc, (void *)"Activity()\n--\n\nWhat one function does, which a crash prints."},
    {Py_tp_new, activity_new},
    {Py_tp_dealloc, activity_dealloc},
    {Py_tp_traverse, activity_traverse},
    {Py_tp_methods, activity_methods},
    {0, NULL},
};

PyType_Spec activity_spec = {
    .name = "pyflink_ml_embedded._native.Activity",
    .basicsize = sizeof(Activity),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = activity_slots,
};
