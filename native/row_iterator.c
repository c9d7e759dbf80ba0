/* SPDX-License-Identifier: Apache-2.0 */
#include "row_iterator.h"

typedef struct {
    PyObject_HEAD Row *row; /* owned; NULL at the end */
    Py_ssize_t next;        /* index */
} RowIterator;

PyObject *
row_iter(Row *self)
{
    RowIterator *iterator =
        PyObject_GC_New(RowIterator, row_state(Py_TYPE(self))->row_iterator_type);
    if (iterator != NULL) {
        iterator->row = (Row *)Py_NewRef(self);
        iterator->next = 0;
        PyObject_GC_Track(iterator);
    }
    return (PyObject *)iterator;
}

static PyObject *
row_iterator_next(RowIterator *self)
{
    if (self->row == NULL) {
        return NULL;
    }
    if (self->next == Py_SIZE(self->row)) {
        Py_CLEAR(self->row);
        return NULL;
    }
    PyObject *row =
        Py_NewRef(self->row); /* creating a value may run code that ends this iterator */
    PyObject *value = row_get(row, self->next++);
    Py_DECREF(row);
    return value;
}

static int
row_iterator_traverse(RowIterator *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->row);
    return 0;
}

static int
row_iterator_clear(RowIterator *self)
{
    Py_CLEAR(self->row);
    return 0;
}

static void
row_iterator_dealloc(RowIterator *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->row);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyType_Slot row_iterator_slots[] = {
    {Py_tp_traverse, row_iterator_traverse}, {Py_tp_clear, row_iterator_clear},
    {Py_tp_dealloc, row_iterator_dealloc},   {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, row_iterator_next},     {0, NULL},
};

PyType_Spec row_iterator_spec = {
    .name = "pyflink_ml_embedded._native.RowIterator",
    .basicsize = sizeof(RowIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = row_iterator_slots,
};
