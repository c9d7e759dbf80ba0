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

/* tp_new. */
PyObject *row_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

/* Returns the position of name, or -1 with ValueError, as pyflink.common.Row has it. Borrows name. */
Py_ssize_t row_require_name(const Row *row, PyObject *name);

/* Return a new list or tuple of all values, or NULL with an exception set. */
PyObject *row_list_values(Row *row);
PyObject *row_tuple_values(Row *row);

/* row_methods.c */
extern PyMethodDef row_methods[];
extern PyGetSetDef row_getset[];

#endif
