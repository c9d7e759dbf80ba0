/* SPDX-License-Identifier: Apache-2.0 */
/* Row, the argument of predict. It behaves as pyflink.common.Row does.

   A Row of Arrow columns creates the Python value of a field on first access, so unread fields cost
   nothing. It reads the memory of the columns while the call lasts for which it was made, and
   copies it then if somebody keeps the Row. A Row with containers copies it at once, and reads
   LISTs. */

#include "row.h"

#include "python_util.h"
#include "row_iterator.h"
#include "row_methods.h"
#include "row_protocols.h"

NativeState *
row_state(PyTypeObject *type)
{
    return PyType_GetModuleState(type);
}

Row *
row_new_empty(NativeState *state, PyObject *names, Py_ssize_t count)
{
    Row *row = PyObject_GC_NewVar(Row, state->row_type, count);
    if (row == NULL) {
        return NULL;
    }
    row->names = Py_XNewRef(names);
    row->kind = NULL;
    row->columns = NULL;
    row->copy = NULL;
    row->used = 0;
    memset(row->values, 0, (size_t)count * sizeof(PyObject *));
    return row;
}

PyObject *
row_from_values(NativeState *state, PyObject *names, PyObject *const *values, Py_ssize_t count)
{
    Row *row = row_new_empty(state, names, count);
    if (row == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        row->values[i] = Py_NewRef(values[i]);
    }
    PyObject_GC_Track(row);
    return (PyObject *)row;
}

/* Returns the size of the data of a column of one row. */
static size_t
data_size(const Columns *columns, const Column *column)
{
    return column->codec->layout == VARIABLE_WIDTH ? (size_t)offset_at(columns->arena, column, 1)
                                                   : 0;
}

/* Returns a copy of the memory of columns that hold one row, or NULL. */
static uint8_t *
copy_memory(const Columns *columns)
{
    size_t size = columns->arena_size;

    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        size += data_size(columns, &columns->columns[i]);
    }
    uint8_t *copy = PyMem_Malloc(size);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, columns->arena, columns->arena_size);
    uint8_t *next = copy + columns->arena_size;
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        size = data_size(columns, &columns->columns[i]);
        if (size > 0) {
            memcpy(next, columns->columns[i].data, size);
            next += size;
        }
    }
    return copy;
}

/* Reads the fields whose values would not be in a copy: LISTs, and STRUCTs with one in them.
   Returns 0, or -1 with an exception set. */
static int
read_lists(Row *row, const Columns *columns)
{
    Source source = source_of(columns);

    for (Py_ssize_t i = 0; i < columns->field_count; i++) {
        const Column *column = columns->fields[i];
        bool has_list = false;
        for (Py_ssize_t j = 0; j < column->span; j++) {
            has_list = has_list || column[j].codec->layout == LIST;
        }
        if (has_list && (row->values[i] = value_from_arrow(&source, column, 0)) == NULL) {
            return -1;
        }
    }
    return 0;
}

/* Copies the memory of the columns. Without memory for it, values that were not read become None.
   Returns 0, or -1 with an exception set. */
static int
keep_memory(Row *row)
{
    row->copy = copy_memory(row->columns);
    if (row->copy != NULL) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(row); i++) {
        if (row->values[i] == NULL) {
            row->values[i] = Py_NewRef(Py_None);
        }
    }
    PyErr_NoMemory();
    return -1;
}

/* Scalars cannot be in a cycle, so the garbage collector tracks a Row of scalars only once somebody
   stores another value in it. The memory of a scalar is read before any other code runs; that of a
   STRUCT is not, so it could change while another thread reads one. */
PyObject *
row_from_columns(Columns *columns, PyObject *spare)
{
    Row *row = (Row *)spare;

    if (row == NULL) {
        row = row_new_empty(columns->state, columns->names, columns->field_count);
        if (row == NULL) {
            return NULL;
        }
        row->columns = (Columns *)Py_NewRef(columns);
    }
    if (columns->has_containers) {
        if ((columns->has_lists && read_lists(row, columns) < 0) || keep_memory(row) < 0) {
            Py_DECREF(row);
            return NULL;
        }
        PyObject_GC_Track(row);
    }
    return (PyObject *)row;
}

PyObject *
row_detach(PyObject *object)
{
    Row *row = (Row *)object;

    if (Py_REFCNT(row) != 1) {
        if (row->copy == NULL) {
            (void)keep_memory(row);
        }
        Py_DECREF(row);
        return NULL;
    }
    if (PyObject_GC_IsTracked(object) || row->kind != NULL || row->names != row->columns->names) {
        Py_DECREF(row);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < row->used; i++) {
        Py_CLEAR(row->values[i]);
    }
    row->used = 0;
    return object;
}

/* Returns a new reference to the value at index of the columns, or NULL with an exception set. */
static PyObject *
read_value(const Row *row, Py_ssize_t index)
{
    const Columns *columns = row->columns;
    Source source = {columns, columns->arena, NULL};

    if (row->copy != NULL) {
        source.arena = row->copy;
        source.data = row->copy + columns->arena_size;
    }
    return value_from_arrow(&source, columns->fields[index], 0);
}

/* Returns the value at index, which is in range, borrowed; or NULL with an exception set. */
static PyObject *
borrow_value(Row *row, Py_ssize_t index)
{
    if (row->values[index] == NULL) {
        PyObject *value = read_value(row, index);
        if (value == NULL) {
            return NULL;
        }
        if (row->values[index] == NULL) {
            row->values[index] = value;
            if (row->used <= index) {
                row->used = index + 1;
            }
        }
        else {
            /* Reading ran the garbage collector, and a finalizer stored another value. */
            Py_DECREF(value);
        }
    }
    return row->values[index];
}

PyObject *
row_get(PyObject *row, Py_ssize_t index)
{
    return Py_XNewRef(borrow_value((Row *)row, index));
}

PyObject *
row_names(PyObject *row)
{
    return ((Row *)row)->names;
}

/* Returns the position of name in names, or -1 with or without an exception set. Borrows both. */
static Py_ssize_t
find_name(PyObject *names, PyObject *name)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        if (PyTuple_GET_ITEM(names, i) == name) {
            return i;
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        int equal = PyObject_RichCompareBool(PyTuple_GET_ITEM(names, i), name, Py_EQ);
        if (equal != 0) {
            return equal < 0 ? -1 : i;
        }
    }
    return -1;
}

Py_ssize_t
row_find_name(const Row *row, PyObject *name)
{
    if (row->names == NULL) {
        return -1;
    }
    PyObject *names = Py_NewRef(row->names); /* comparing may run code that renames the fields */
    Py_ssize_t index = find_name(names, name);
    Py_DECREF(names);
    return index;
}

void
row_raise_no_field(const Row *row, PyObject *type, PyObject *name)
{
    if (row->names == NULL) {
        PyErr_Format(type, "there is no field %R: the Row has no field names", name);
        return;
    }
    PyObject *names = Py_NewRef(row->names); /* repr may run code that renames the fields */
    PyErr_Format(type, "there is no field %R; the fields are %R", name, names);
    Py_DECREF(names);
}

Py_ssize_t
row_require_name(const Row *row, PyObject *name)
{
    Py_ssize_t index = row_find_name(row, name);
    if (index < 0 && !PyErr_Occurred()) {
        row_raise_no_field(row, PyExc_ValueError, name);
    }
    return index;
}

PyObject *
row_hidden_list(Row *row)
{
    PyObject *list = PyList_New(Py_SIZE(row));
    if (list == NULL) {
        return NULL;
    }
    PyObject_GC_UnTrack(list);
    for (Py_ssize_t i = 0; i < Py_SIZE(row); i++) {
        PyObject *value = row_get((PyObject *)row, i);
        if (value == NULL) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, value);
    }
    return list;
}

PyObject *
row_list_values(Row *row)
{
    PyObject *list = row_hidden_list(row);
    if (list != NULL) {
        PyObject_GC_Track(list);
    }
    return list;
}

PyObject *
row_tuple_values(Row *row)
{
    PyObject *list = row_hidden_list(row);
    if (list == NULL) {
        return NULL;
    }
    PyObject *tuple = PyList_AsTuple(list);
    Py_DECREF(list);
    return tuple;
}

/* Returns a new Row with names, or NULL with an exception set. Borrows dict. */
static PyObject *
row_from_items(PyTypeObject *type, PyObject *dict)
{
    PyObject *pairs = pairs_from_dict(dict);
    if (pairs == NULL) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(pairs) / 2;
    PyObject *names = keys_from_pairs(pairs);
    Row *row = names == NULL ? NULL : row_new_empty(row_state(type), names, count);
    for (Py_ssize_t i = 0; row != NULL && i < count; i++) {
        row->values[i] = Py_NewRef(PyTuple_GET_ITEM(pairs, 2 * i + 1));
    }
    if (row != NULL) {
        PyObject_GC_Track(row);
    }
    Py_XDECREF(names);
    Py_DECREF(pairs);
    return (PyObject *)row;
}

PyObject *
row_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (kwargs == NULL || PyDict_GET_SIZE(kwargs) == 0) {
        return row_from_values(row_state(type), NULL, &PyTuple_GET_ITEM(args, 0),
                               PyTuple_GET_SIZE(args));
    }
    if (PyTuple_GET_SIZE(args) > 0) {
        PyErr_SetString(PyExc_ValueError, "Can not use both args and kwargs to create Row");
        return NULL;
    }
    return row_from_items(type, kwargs);
}

/* The vectorcall of the type, because building a Row is part of nearly every prediction. */
static PyObject *
row_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t positional = PyVectorcall_NARGS(nargsf);
    Py_ssize_t named = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);

    if (positional > 0 && named > 0) {
        PyErr_SetString(PyExc_ValueError, "Can not use both args and kwargs to create Row");
        return NULL;
    }
    return row_from_values(row_state((PyTypeObject *)type), named > 0 ? kwnames : NULL, args,
                           positional + named);
}

static int
row_traverse(Row *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->names);
    Py_VISIT(self->kind);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_VISIT(self->values[i]);
    }
    return 0;
}

static int
row_clear(Row *self)
{
    /* A cleared Row may still be read while the collector breaks the cycle. */
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_XSETREF(self->values[i], Py_NewRef(Py_None));
    }
    return 0;
}

static void
row_dealloc(Row *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, row_dealloc) for (Py_ssize_t i = 0; i < Py_SIZE(self); i++)
    {
        Py_XDECREF(self->values[i]);
    }
    Py_XDECREF(self->names);
    Py_XDECREF(self->kind);
    Py_XDECREF(self->columns);
    PyMem_Free(self->copy);
    PyObject_GC_Del(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static const char row_doc[] =
    "Row(*values, **named_values)\n--\n\n"
    "A row: its values by index, slice, field name or attribute.\n\n"
    "It does what pyflink.common.Row does. Row('a', 'b') called with values gives named rows.";

static PyType_Slot row_slots[] = {
    {Py_tp_doc, (void *)row_doc},
    {Py_tp_new, row_new},
    {Py_tp_traverse, row_traverse},
    {Py_tp_clear, row_clear},
    {Py_tp_dealloc, row_dealloc},
    {Py_tp_getattro, row_getattro},
    {Py_tp_repr, row_repr},
    {Py_tp_hash, row_hash},
    {Py_tp_richcompare, row_richcompare},
    {Py_tp_iter, row_iter},
    {Py_tp_call, row_call},
    {Py_tp_methods, row_methods},
    {Py_tp_getset, row_getset},
    {Py_sq_length, row_length},
    {Py_sq_item, row_item},
    {Py_sq_contains, row_contains},
    {Py_mp_length, row_length},
    {Py_mp_subscript, row_subscript},
    {Py_mp_ass_subscript, row_assign_subscript},
    {0, NULL},
};

PyType_Spec row_spec = {
    .name = "pyflink_ml_embedded.Row",
    .basicsize = offsetof(Row, values),
    .itemsize = sizeof(PyObject *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = row_slots,
};

void
row_type_init(PyTypeObject *type)
{
    type->tp_vectorcall = row_vectorcall;
}
