/* SPDX-License-Identifier: Apache-2.0 */
/* MetricsMemory: the Python object that user code's metrics write to. */

#include "metrics_memory.h"

#include "block.h"

#include <string.h>
#include <structmember.h>

static PyObject *
metrics_memory_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {NULL};

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":MetricsMemory", keywords)) {
        return NULL;
    }
    MetricsMemory *self = (MetricsMemory *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    if ((self->bytes = block_new_zeroed(METRICS_CAPACITY)) == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->used = sizeof(Statistics);
    return (PyObject *)self;
}

static void
metrics_memory_dealloc(MetricsMemory *self)
{
    PyTypeObject *type = Py_TYPE(self);

    block_release(self->bytes);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Returns the offset of new zeroed bytes, or -1 with an exception set. */
static Py_ssize_t
allocate(MetricsMemory *self, size_t size)
{
    size_t aligned = (size + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);

    if (aligned > METRICS_CAPACITY - self->used) {
        PyErr_SetString(PyExc_MemoryError, "the memory for metrics is full");
        return -1;
    }
    Py_ssize_t offset = (Py_ssize_t)self->used;
    self->used += aligned;
    return offset;
}

/* Returns the place of an allocated object of this size, or NULL with an exception set. */
static void *
place(const MetricsMemory *self, Py_ssize_t offset, size_t size)
{
    if (offset < 0 || offset % (Py_ssize_t)sizeof(int64_t) != 0 ||
        (size_t)offset + size > self->used) {
        PyErr_SetString(PyExc_IndexError, "no metric has this offset");
        return NULL;
    }
    return self->bytes + offset;
}

static PyObject *
metrics_memory_new_value(MetricsMemory *self, PyObject *Py_UNUSED(unused))
{
    Py_ssize_t offset = allocate(self, sizeof(int64_t));
    return offset < 0 ? NULL : PyLong_FromSsize_t(offset);
}

static PyObject *
metrics_memory_new_window(MetricsMemory *self, PyObject *Py_UNUSED(unused))
{
    Py_ssize_t offset = allocate(self, sizeof(Window));
    return offset < 0 ? NULL : PyLong_FromSsize_t(offset);
}

static PyObject *
metrics_memory_add(MetricsMemory *self, PyObject *args)
{
    Py_ssize_t offset;
    long long value;

    if (!PyArg_ParseTuple(args, "nL:add", &offset, &value)) {
        return NULL;
    }
    _Atomic int64_t *count = place(self, offset, sizeof(*count));
    if (count == NULL) {
        return NULL;
    }
    atomic_fetch_add_explicit(count, value, memory_order_relaxed);
    Py_RETURN_NONE;
}

static PyObject *
metrics_memory_count(MetricsMemory *self, PyObject *offset)
{
    const _Atomic int64_t *count = NULL;
    Py_ssize_t number = PyLong_AsSsize_t(offset);

    if ((number == -1 && PyErr_Occurred()) ||
        (count = place(self, number, sizeof(*count))) == NULL) {
        return NULL;
    }
    return PyLong_FromLongLong(atomic_load_explicit(count, memory_order_relaxed));
}

static PyObject *
metrics_memory_set(MetricsMemory *self, PyObject *args)
{
    Py_ssize_t offset;
    double value;

    if (!PyArg_ParseTuple(args, "nd:set", &offset, &value)) {
        return NULL;
    }
    _Atomic double *gauge = place(self, offset, sizeof(*gauge));
    if (gauge == NULL) {
        return NULL;
    }
    atomic_store_explicit(gauge, value, memory_order_relaxed);
    Py_RETURN_NONE;
}

static PyObject *
metrics_memory_record(MetricsMemory *self, PyObject *args)
{
    Py_ssize_t offset;
    double value;

    if (!PyArg_ParseTuple(args, "nd:record", &offset, &value)) {
        return NULL;
    }
    Window *window = place(self, offset, sizeof(*window));
    if (window == NULL) {
        return NULL;
    }
    window_record(window, value);
    Py_RETURN_NONE;
}

static PyObject *
metrics_memory_describe(MetricsMemory *self, PyObject *json)
{
    char *text;
    Py_ssize_t size;

    if (PyBytes_AsStringAndSize(json, &text, &size) < 0) {
        return NULL;
    }
    Py_ssize_t offset = allocate(self, (size_t)size);
    if (offset < 0) {
        return NULL;
    }
    memcpy(self->bytes + offset, text, (size_t)size);
    Statistics *statistics = metrics_statistics(self);
    atomic_store(&statistics->description_size, (int64_t)size);
    atomic_store(&statistics->description, (int64_t)offset);
    Py_RETURN_NONE;
}

/* Returns a new dict, or NULL with an exception set. */
static PyObject *
metrics_memory_statistics(PyObject *Py_UNUSED(self), void *Py_UNUSED(closure))
{
    return Py_BuildValue(
        "{snsnsnsnsnsn}", "column_bytes", offsetof(Statistics, column_bytes), "gil_wait",
        offsetof(Statistics, gil_wait), "model", offsetof(Statistics, model), "converting",
        offsetof(Statistics, converting), "input_bytes", offsetof(Statistics, input_bytes),
        "output_bytes", offsetof(Statistics, output_bytes));
}

static PyMethodDef metrics_memory_methods[] = {
    {"new_value", (PyCFunction)metrics_memory_new_value, METH_NOARGS,
     "new_value()\n--\n\nReturn the offset of a new count or gauge, which is 0."},
    {"new_window", (PyCFunction)metrics_memory_new_window, METH_NOARGS,
     "new_window()\n--\n\nReturn the offset of a new distribution."},
    {"add", (PyCFunction)metrics_memory_add, METH_VARARGS,
     "add(offset, value)\n--\n\nAdd to a count."},
    {"count", (PyCFunction)metrics_memory_count, METH_O,
     "count(offset)\n--\n\nReturn a count, or the number of values of a distribution."},
    {"set", (PyCFunction)metrics_memory_set, METH_VARARGS,
     "set(offset, value)\n--\n\nSet a gauge."},
    {"record", (PyCFunction)metrics_memory_record, METH_VARARGS,
     "record(offset, value)\n--\n\nAdd a value to a distribution."},
    {"describe", (PyCFunction)metrics_memory_describe, METH_O,
     "describe(json)\n--\n\nSet the names of the metrics, as bytes of JSON, for the JVM."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef metrics_memory_getset[] = {
    {"statistics", metrics_memory_statistics, NULL,
     "The offsets of what native code measures: column_bytes is a gauge, the others are\n"
     "distributions.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char metrics_memory_doc[] =
    "MetricsMemory()\n--\n\nThe values of the metrics of a function, which the JVM reads at any time."
    "\n\nEach value has an offset. All methods raise MemoryError if there is no room.";

static PyType_Slot metrics_memory_slots[] = {
    {Py_tp_doc, (void *)metrics_memory_doc}, {Py_tp_new, metrics_memory_new},
    {Py_tp_dealloc, metrics_memory_dealloc}, {Py_tp_methods, metrics_memory_methods},
    {Py_tp_getset, metrics_memory_getset},   {0, NULL},
};

PyType_Spec metrics_memory_spec = {
    .name = "pyflink_ml_embedded._native.MetricsMemory",
    .basicsize = sizeof(MetricsMemory),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = metrics_memory_slots,
};
