/* SPDX-License-Identifier: Apache-2.0 */
/* The type Row. */
#ifndef PYFLINK_ML_EMBEDDED_ROW_H
#define PYFLINK_ML_EMBEDDED_ROW_H

#include "column.h"

typedef struct {
    PyObject_VAR_HEAD    /* the size is the number of values */
        PyObject *names; /* owned tuple of str, or NULL */
    PyObject *kind;      /* owned pyflink RowKind, or NULL for INSERT */
    Columns *columns;    /* owned; NULL where all values were created */
    uint8_t *copy;       /* owned: of the arena of columns and of the data of each variable-width
                            column; or NULL while their own memory is read */
    Py_ssize_t used;     /* from here on, no value of an untracked Row of columns was created */
    PyObject *values[1]; /* owned; NULL: still in the memory of columns */
} Row;

extern PyType_Spec row_spec;

/* Sets what a PyType_Spec cannot. Borrows type. */
void row_type_init(PyTypeObject *type);

/* Returns a new Row whose values the caller fills before anybody sees it and before
   PyObject_GC_Track, or NULL with an exception set. Borrows names, which may be NULL. */
Row *row_new_empty(NativeState *state, PyObject *names, Py_ssize_t count);

/* tp_new. */
PyObject *row_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

/* Returns the module's state. Borrows type, that of Row. */
NativeState *row_state(PyTypeObject *type);

/* Returns the position of name, or -1 with or without an exception set. Borrows name. */
Py_ssize_t row_find_name(const Row *row, PyObject *name);

/* Raises type with the names of the fields that there are. Borrows type and name. */
void row_raise_no_field(const Row *row, PyObject *type, PyObject *name);

/* As row_find_name, but raises ValueError for an unknown name, as pyflink.common.Row does. */
Py_ssize_t row_require_name(const Row *row, PyObject *name);

/* Returns a new list of all values that the garbage collector does not show to code of the user, or
   NULL with an exception set. */
PyObject *row_hidden_list(Row *row);

/* Return a new list or tuple of all values, or NULL with an exception set. */
PyObject *row_list_values(Row *row);
PyObject *row_tuple_values(Row *row);

/* Returns a new Row of row 0 of columns that hold one row, or NULL with an exception set. It reads
   their memory when its fields are asked for, except LISTs, which are read at once; so it must be
   passed to row_detach before that changes. Borrows columns. Takes spare, which row_detach returned
   for a Row of the same columns. */
PyObject *row_from_columns(Columns *columns, PyObject *spare);

/* Ends the reading of the columns' memory. Returns row, emptied for row_from_columns, where nobody
   else holds it and nobody changed it. Returns NULL otherwise, with an exception set if there was
   no memory for a copy. Takes row, which row_from_columns returned. */
PyObject *row_detach(PyObject *row);

/* Returns a new Row of values, or NULL with an exception set. Borrows values and names, a tuple or
   NULL. */
PyObject *
row_from_values(NativeState *state, PyObject *names, PyObject *const *values, Py_ssize_t count);

/* Returns a new reference to the value at index, or NULL with an exception set. */
PyObject *row_get(PyObject *row, Py_ssize_t index);

/* Returns the names of a Row, borrowed, or NULL without an exception. */
PyObject *row_names(PyObject *row);

#endif
