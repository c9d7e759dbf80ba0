/* The object behind Row, for the files that make up the type. */
#ifndef PYFLINK_ML_EMBEDDED_ROW_H
#define PYFLINK_ML_EMBEDDED_ROW_H

#include "column.h"

typedef struct {
    PyObject_VAR_HEAD          /* the size is the number of values */
    PyObject *names;           /* owned tuple of str, or NULL */
    PyObject *kind;            /* owned pyflink RowKind, or NULL for INSERT */
    Columns *columns;          /* owned; NULL where all values are made */
    size_t room;               /* bytes behind the values */
    PyObject *values[1];       /* owned; NULL: still in the copy that follows, of the arena and of
                                  the data of each variable-width column */
} Row;

/* row.c */

/* Returns a new Row whose values the caller fills before anybody sees it and before
   PyObject_GC_Track, or NULL with an exception set. Borrows names, which may be NULL. */
Row *row_new_empty(NativeState *state, PyObject *names, Py_ssize_t count);

/* tp_new. */
PyObject *row_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

/* Returns the module's state. Borrows type, that of Row. */
NativeState *row_state(PyTypeObject *type);

/* Returns the position of name, or -1 with or without an exception set. Borrows name. */
Py_ssize_t row_find_name(const Row *row, PyObject *name);

/* The same, but with ValueError where there is no such name, as pyflink.common.Row has it. */
Py_ssize_t row_require_name(const Row *row, PyObject *name);

/* Returns a new list of all values that the garbage collector does not show to code of the user, or
   NULL with an exception set. */
PyObject *row_hidden_list(Row *row);

/* Return a new list or tuple of all values, or NULL with an exception set. */
PyObject *row_list_values(Row *row);
PyObject *row_tuple_values(Row *row);

/* row_protocols.c: the slots of these names. */
Py_ssize_t row_length(Row *self);
PyObject *row_item(Row *self, Py_ssize_t index);
PyObject *row_subscript(Row *self, PyObject *key);
int row_assign_subscript(Row *self, PyObject *key, PyObject *value);
int row_contains(Row *self, PyObject *item);
PyObject *row_getattro(PyObject *self, PyObject *name);
PyObject *row_repr(Row *self);
Py_hash_t row_hash(Row *self);
PyObject *row_richcompare(PyObject *self, PyObject *other, int operation);
PyObject *row_call(Row *self, PyObject *args, PyObject *kwargs);

/* row_methods.c */
extern PyMethodDef row_methods[];
extern PyGetSetDef row_getset[];

#endif
