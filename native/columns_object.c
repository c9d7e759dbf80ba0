/* SPDX-License-Identifier: Apache-2.0 */
/* The type Columns. */

#include "columns_object.h"

#include "columns_from_arrays.h"
#include "columns_from_fields.h"
#include "export.h"
#include "feature_matrix.h"
#include "memory.h"
#include "record_names.h"
#include "rows_from_arrow.h"
#include "rows_to_arrow.h"

static PyObject *
columns_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"fields", "numpy_arrays", "is_input", NULL};
    PyObject *fields;
    int numpy_arrays = 0;
    int is_input = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|pp:Columns", keywords, &fields, &numpy_arrays,
                                     &is_input)) {
        return NULL;
    }
    return (PyObject *)columns_from_fields(
        PyType_GetModuleState(type), is_input == 1 ? "INPUT" : "OUTPUT", fields, numpy_arrays == 1);
}

static void
columns_dealloc(Columns *self)
{
    PyTypeObject *type = Py_TYPE(self);

    columns_free_memory(self);
    columns_free_export(self);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Column *column = &self->columns[i];
        Py_XDECREF(column->name);
        Py_XDECREF(column->path);
        Py_XDECREF(column->type);
        Py_XDECREF(column->format);
        Py_XDECREF(column->field_names);
        Py_XDECREF(column->elements);
        Py_XDECREF(column->dtype);
        Py_XDECREF(column->unit);
        name_cache_clear(&column->known_names);
    }
    name_cache_clear(&self->known_names);
    Py_XDECREF(self->names);
    PyMem_Free(self->fields);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Returns 0 and marks columns as busy, or returns -1 with an exception set where they are. */
static int
begin(Columns *self)
{
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "the columns are being read or written");
        return -1;
    }
    self->busy = true;
    return 0;
}

static PyObject *
columns_write(Columns *self, PyObject *result)
{
    if (begin(self) < 0) {
        return NULL;
    }
    Py_ssize_t rows = rows_to_arrow(self, result);
    self->busy = false;
    return rows < 0 ? NULL : PyLong_FromSsize_t(rows);
}

static PyObject *
columns_write_columns(Columns *self, PyObject *args)
{
    PyObject *sequence;
    Py_ssize_t rows;

    if (!PyArg_ParseTuple(args, "On:write_columns", &sequence, &rows)) {
        return NULL;
    }
    if (rows < 0) {
        PyErr_SetString(PyExc_ValueError, "rows must not be negative");
        return NULL;
    }
    PyObject *arrays = PySequence_Tuple(sequence);
    if (arrays == NULL || begin(self) < 0) {
        Py_XDECREF(arrays);
        return NULL;
    }
    int status = arrays_to_arrow(self, arrays, rows);
    self->busy = false;
    Py_DECREF(arrays);
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
columns_write_rows(Columns *self, PyObject *args)
{
    PyObject *records;
    Py_ssize_t rows;

    if (!PyArg_ParseTuple(args, "O!n:write_rows", &PyList_Type, &records, &rows) ||
        begin(self) < 0) {
        return NULL;
    }
    int status = records_to_arrow(self, records, rows);
    self->busy = false;
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
columns_rows(Columns *self, PyObject *Py_UNUSED(unused))
{
    if (begin(self) < 0) {
        return NULL;
    }
    PyObject *rows = rows_from_arrow(self, 0, self->rows);
    self->busy = false;
    return rows;
}

static PyObject *
columns_arrow_c_array(Columns *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"requested_schema", NULL};
    PyObject *requested_schema;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:__arrow_c_array__", keywords,
                                     &requested_schema) ||
        begin(self) < 0) {
        return NULL;
    }
    PyObject *capsules = columns_export(self);
    self->busy = false;
    return capsules;
}

/* Returns 0 and marks columns as busy if they have capacity for such rows, or returns -1 with an
   exception set. Java writes rows that columns->rows does not count. */
static int
begin_rows(Columns *self, long long start, long long count)
{
    if (start < 0 || count < 0 || start > self->capacity - count) {
        PyErr_SetString(PyExc_IndexError, "the rows are outside of the columns");
        return -1;
    }
    return begin(self);
}

static PyObject *
columns_export_address(Columns *self, PyObject *args)
{
    long long start, count;

    if (!PyArg_ParseTuple(args, "LL:export", &start, &count) ||
        begin_rows(self, start, count) < 0) {
        return NULL;
    }
    PyObject *address = columns_export_rows(self, start, count);
    self->busy = false;
    return address;
}

static PyObject *
columns_matrix_of_rows(Columns *self, PyObject *args)
{
    long long start, count;
    PyObject *empty, *dtype;

    if (!PyArg_ParseTuple(args, "LLOU:feature_matrix", &start, &count, &empty, &dtype) ||
        begin_rows(self, start, count) < 0) {
        return NULL;
    }
    PyObject *matrix = columns_feature_matrix(self, start, count, empty, dtype);
    self->busy = false;
    return matrix;
}

static PyObject *
columns_names(Columns *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self->names);
}

static PyObject *
columns_formats(Columns *self, void *Py_UNUSED(closure))
{
    PyObject *formats = PyTuple_New(self->field_count);
    for (Py_ssize_t i = 0; formats != NULL && i < self->field_count; i++) {
        PyTuple_SET_ITEM(formats, i, Py_NewRef(self->fields[i]->format));
    }
    return formats;
}

static PyGetSetDef columns_getset[] = {
    {"names", (getter)columns_names, NULL, "The names of the columns.", NULL},
    {"formats", (getter)columns_formats, NULL, "Their Arrow formats.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static Py_ssize_t
columns_length(Columns *self)
{
    return (Py_ssize_t)self->rows;
}

static PyMethodDef columns_methods[] = {
    {"write", (PyCFunction)columns_write, METH_O,
     "write(result)\n--\n\nReplace the contents by the rows of what predict might return.\n\n"
     "Returns the number of rows; raises ConversionError where a value does not fit."},
    {"write_columns", (PyCFunction)columns_write_columns, METH_VARARGS,
     "write_columns(columns, rows)\n--\n\nReplace the contents by this many rows, from one array"
     " for each column.\n\nRaises ConversionError where a value does not fit."},
    {"write_rows", (PyCFunction)columns_write_rows, METH_VARARGS,
     "write_rows(rows, count)\n--\n\nReplace the contents by a list of this many rows.\n\n"
     "Raises ConversionError where a value does not fit."},
    {"rows", (PyCFunction)columns_rows, METH_NOARGS,
     "rows()\n--\n\nReturn all rows, as a list of Row."},
    {"__arrow_c_schema__", (PyCFunction)columns_export_schema, METH_NOARGS,
     "__arrow_c_schema__()\n--\n\nReturn a PyCapsule of an ArrowSchema."},
    {"__arrow_c_array__", (PyCFunction)(void (*)(void))columns_arrow_c_array,
     METH_VARARGS | METH_KEYWORDS,
     "__arrow_c_array__(requested_schema=None)\n--\n\n"
     "Return PyCapsules of an ArrowSchema and of an ArrowArray, a struct array.\n\n"
     "It shares the memory, which is never written again. The requested schema is ignored."},
    {"export", (PyCFunction)columns_export_address, METH_VARARGS,
     "export(start, count)\n--\n\nReturn the address of an ArrowArray of these rows, for an"
     " import\n"
     "before the next call. The memory is shared as by __arrow_c_array__."},
    {"feature_matrix", (PyCFunction)columns_matrix_of_rows, METH_VARARGS,
     "feature_matrix(start, count, empty, dtype)\n--\n\nReturn a matrix, made by numpy.empty, of"
     " the "
     "numbers in these rows;\nor None where no column has numbers."},
    {NULL, NULL, 0, NULL},
};

static const char columns_doc[] =
    "Columns(fields, numpy_arrays=False, is_input=False)\n--\n\n"
    "Arrow columns that own their memory.\n\n"
    "fields are those of a request; numpy_arrays reads ARRAYs of numbers as numpy arrays. Messages\n"
    "are about the columns of OUTPUT, or of INPUT.";

static PyType_Slot columns_slots[] = {
    {Py_tp_doc, (void *)columns_doc},
    {Py_tp_new, columns_new},
    {Py_tp_dealloc, columns_dealloc},
    {Py_tp_methods, columns_methods},
    {Py_tp_getset, columns_getset},
    {Py_sq_length, columns_length},
    {0, NULL},
};

PyType_Spec columns_spec = {
    .name = "pyflink_ml_embedded._native.Columns",
    .basicsize = offsetof(Columns, columns),
    .itemsize = sizeof(Column),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = columns_slots,
};
