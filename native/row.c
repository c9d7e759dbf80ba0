/* SPDX-License-Identifier: Apache-2.0 */
/* Row, the argument of predict. It behaves as pyflink.common.Row does.

   A Row of Arrow columns copies their memory and creates the Python value of a field on first
   access, so unread fields cost next to nothing. Only LISTs are read at once. */

#include "row.h"

#include "python_util.h"
#include "row_methods.h"
#include "row_protocols.h"

/* In bytes; a larger Row is not kept for the next. */
#define MAX_SPARE_CAPACITY 65536

NativeState *
row_state(PyTypeObject *type)
{
    return PyType_GetModuleState(type);
}

/* Returns a new Row without values, not yet tracked by the garbage collector, with extra bytes
   after its values; or NULL with an exception set. Borrows names. */
static Row *
new_row(PyTypeObject *type, PyObject *names, Py_ssize_t count, size_t extra)
{
    Py_ssize_t words = (Py_ssize_t)((extra + sizeof(PyObject *) - 1) / sizeof(PyObject *));
    Row *row = PyObject_GC_NewVar(Row, type, count + words);
    if (row == NULL) {
        return NULL;
    }
    Py_SET_SIZE(row, count);
    row->names = Py_XNewRef(names);
    row->kind = NULL;
    row->columns = NULL;
    row->capacity = (size_t)words * sizeof(PyObject *);
    memset(row->values, 0, (size_t)count * sizeof(PyObject *));
    return row;
}

Row *
row_new_empty(NativeState *state, PyObject *names, Py_ssize_t count)
{
    return new_row(state->row_type, names, count, 0);
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

/* Returns where the copy of the columns' memory starts. */
static uint8_t *
copied_memory(Row *row)
{
    return (uint8_t *)&row->values[Py_SIZE(row)];
}

/* Returns the size of the data of a column of one row, whose offsets are in arena. */
static size_t
data_size(const Column *column, const uint8_t *arena)
{
    return column->codec->layout == VARIABLE_WIDTH ? (size_t)offset_at(arena, column, 1) : 0;
}

/* Fills the copy with the memory of columns. */
static void
copy_memory(Row *row, const Columns *columns)
{
    uint8_t *next = copied_memory(row);

    memcpy(next, columns->arena, columns->arena_size);
    next += columns->arena_size;
    for (Py_ssize_t i = 0; columns->has_data && i < Py_SIZE(columns); i++) {
        const Column *column = &columns->columns[i];
        size_t size = data_size(column, columns->arena);
        if (size > 0) {
            memcpy(next, column->data, size);
            next += size;
        }
    }
}

/* Reads the fields whose values are not in the copy: LISTs, and STRUCTs with one in them. Returns
   0, or -1 with an exception set. */
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

/* Scalars cannot be in a cycle, so the garbage collector tracks a Row of scalars only once somebody
   stores another value in it. */
PyObject *
row_from_columns(Columns *columns, PyObject *spare)
{
    Row *row = (Row *)spare;
    size_t size = columns->arena_size;

    for (Py_ssize_t i = 0; columns->has_data && i < Py_SIZE(columns); i++) {
        size += data_size(&columns->columns[i], columns->arena);
    }
    if (row == NULL || row->capacity < size) {
        Py_XDECREF(row);
        row = new_row(columns->state->row_type, columns->names, columns->field_count, size);
        if (row == NULL) {
            return NULL;
        }
        row->columns = (Columns *)Py_NewRef(columns);
    }
    copy_memory(row, columns);
    if (columns->has_lists && read_lists(row, columns) < 0) {
        Py_DECREF(row);
        return NULL;
    }
    if (columns->has_containers) {
        PyObject_GC_Track(row);
    }
    return (PyObject *)row;
}

PyObject *
row_recycle(PyObject *object)
{
    Row *row = (Row *)object;

    if (Py_REFCNT(row) != 1 || PyObject_GC_IsTracked(object) || row->kind != NULL ||
        row->names != row->columns->names || row->capacity > MAX_SPARE_CAPACITY) {
        Py_DECREF(row);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(row); i++) {
        Py_CLEAR(row->values[i]);
    }
    return object;
}

/* Returns a new reference to the value at index of the copy, or NULL with an exception set. */
static PyObject *
read_copy(Row *row, Py_ssize_t index)
{
    const Columns *columns = row->columns;
    const uint8_t *arena = copied_memory(row);
    Source source = {columns, arena, arena + columns->arena_size};

    return value_from_arrow(&source, columns->fields[index], 0);
}

/* Returns the value at index, which is in range, borrowed; or NULL with an exception set. */
static PyObject *
borrow_value(Row *row, Py_ssize_t index)
{
    if (row->values[index] == NULL) {
        PyObject *value = read_copy(row, index);
        if (value == NULL) {
            return NULL;
        }
        if (row->values[index] == NULL) {
            row->values[index] = value;
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
    PyObject *names = PyTuple_New(count);
    for (Py_ssize_t i = 0; names != NULL && i < count; i++) {
        PyTuple_SET_ITEM(names, i, Py_NewRef(PyTuple_GET_ITEM(pairs, 2 * i)));
    }
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
    {Py_tp_iter, PySeqIter_New},
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
