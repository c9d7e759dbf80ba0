/* RowPath: one open predict function with its input and output columns. */

#include "column.h"

#include <structmember.h>

struct RowPath {
    PyObject_HEAD
    PyObject *function;   /* owned; NULL once closed */
    PyObject *predict;    /* owned: its bound method */
    PyObject *context;    /* owned: the contextvars.Context that all its calls run in */
    PyObject *model;      /* owned str */
    Columns *input;       /* owned; holds one row */
    Columns *output;      /* owned */
    Columns **domains;    /* owned, what is in it borrowed: input, output, and all elements */
    int domain_count;
    PyObject *spare;      /* owned: a Row to use again, or NULL */
    int64_t rows;         /* predicted so far */
    bool running;
};

/* Predicts in the current context. Returns the number of rows, or -1 with an exception set. */
static int
predict_row(RowPath *path)
{
    Py_ssize_t count = -1;
    PyObject *row = row_from_columns(path->input, path->spare);

    path->spare = NULL;
    if (row == NULL) {
        return -1;
    }
    /* The place before the argument is free for the bound method to put its object in. */
    PyObject *arguments[2] = {NULL, row};
    PyObject *result = PyObject_Vectorcall(path->predict, arguments + 1,
                                           1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (result != NULL) {
        count = rows_to_arrow(path->output, result);
        Py_DECREF(result);
    }
    path->spare = row_recycle(row);
    return (int)count;
}

/* Returns 0 where predict may be called, or -1 with an exception set. */
static int
check_ready(const RowPath *path)
{
    if (path->running) {
        PyErr_SetString(PyExc_RuntimeError, "predict was called while it was running");
        return -1;
    }
    if (path->function == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "predict was called after close");
        return -1;
    }
    return 0;
}

/* Does what row_path_predict says, but does not look whether it may. */
static int
predict(RowPath *path)
{
    int status = -1;

    path->rows++;
    if (PyContext_Enter(path->context) == 0) {
        status = predict_row(path);
        PyContext_Exit(path->context);
    }
    if (status < 0) {
        return -1;
    }
    if (columns_renew(path->input, 1) < 0) {
        PyErr_Clear(); /* the input stays as large as it was */
    }
    status |= (path->input->moved ? INPUT_MOVED : 0) | (path->output->moved ? OUTPUT_MOVED : 0);
    path->input->moved = false;
    path->output->moved = false;
    return status;
}

int
row_path_predict(RowPath *path)
{
    if (check_ready(path) < 0) {
        return -1;
    }
    path->running = true;
    int result = predict(path);
    path->running = false;
    return result;
}

PyObject *
row_path_describe_error(RowPath *path)
{
    PyObject *type, *error, *traceback;

    bool was_running = path->running;

    PyErr_Fetch(&type, &error, &traceback);
    path->running = true;
    PyObject *row = row_from_columns(path->input, NULL);
    path->running = was_running;
    PyErr_Clear();
    PyErr_Restore(type, error, traceback);
    PyObject *text = describe_error(path->model, path->rows, row);
    Py_XDECREF(row);
    return text;
}

Columns *
row_path_domain(RowPath *path, int domain)
{
    return path->domains[domain];
}

int
row_path_domain_number(const RowPath *path, const Columns *columns)
{
    int domain = 0;
    while (path->domains[domain] != columns) {
        domain++;
    }
    return domain;
}

/* Adds the elements of all LISTs in columns, and of those in them, to the domains. Returns 0, or -1
   with an exception set. */
static int
add_domains(RowPath *path, const Columns *columns)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        Columns *elements = columns->columns[i].elements;
        if (elements == NULL) {
            continue;
        }
        size_t size = ((size_t)path->domain_count + 1) * sizeof(*path->domains);
        Columns **domains = PyMem_Realloc(path->domains, size);
        if (domains == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        path->domains = domains;
        path->domains[path->domain_count++] = elements;
        if (add_domains(path, elements) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Numbers the columns for NativeBridge. Returns 0, or -1 with an exception set. */
static int
list_domains(RowPath *path)
{
    if ((path->domains = PyMem_New(Columns *, 2)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    path->domains[0] = path->input;
    path->domains[1] = path->output;
    path->domain_count = 2;
    return add_domains(path, path->input) < 0 ? -1 : add_domains(path, path->output);
}

static PyObject *
row_path_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"function", "model", "inputs", "outputs", "context", "numpy_arrays",
                               NULL};
    PyObject *function, *model, *inputs, *outputs, *context;
    int numpy_arrays = 0;
    NativeState *state = PyType_GetModuleState(type);

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OUOOO!|p:RowPath", keywords, &function,
                                     &model, &inputs, &outputs, &PyContext_Type, &context,
                                     &numpy_arrays)) {
        return NULL;
    }
    RowPath *self = (RowPath *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->function = Py_NewRef(function);
    self->model = Py_NewRef(model);
    self->context = Py_NewRef(context);
    if ((self->predict = PyObject_GetAttrString(function, "predict")) == NULL ||
        (self->input = columns_from_fields(state, "INPUT", inputs, numpy_arrays == 1)) == NULL ||
        (self->output = columns_from_fields(state, "OUTPUT", outputs, false)) == NULL ||
        list_domains(self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
row_path_traverse(RowPath *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->function);
    Py_VISIT(self->predict);
    Py_VISIT(self->context);
    return 0;
}

static int
row_path_clear(RowPath *self)
{
    Py_CLEAR(self->function);
    Py_CLEAR(self->predict);
    Py_CLEAR(self->context);
    Py_CLEAR(self->spare);
    return 0;
}

static void
row_path_dealloc(RowPath *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    row_path_clear(self);
    Py_XDECREF(self->model);
    if (self->domain_count > 0) { /* Rows may keep the columns, but not their memory */
        columns_free_memory(self->input);
        columns_free_memory(self->output);
    }
    Py_XDECREF(self->input);
    Py_XDECREF(self->output);
    PyMem_Free(self->domains);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Returns a new list of the results for one row, or NULL with an exception set. Borrows row. */
static PyObject *
predict_values(RowPath *path, PyObject *row)
{
    if (row_to_arrow(path->input, 0, row) < 0 || predict(path) < 0) {
        return NULL;
    }
    return rows_from_arrow(path->output, path->output->rows);
}

static PyObject *
row_path_call(RowPath *self, PyObject *args, PyObject *kwargs)
{
    PyObject *row;
    static char *keywords[] = {"row", NULL};

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O", keywords, &row) || check_ready(self) < 0) {
        return NULL;
    }
    self->running = true;
    PyObject *results = predict_values(self, row);
    self->running = false;
    return results;
}

static PyObject *
row_path_close(RowPath *self, PyObject *Py_UNUSED(unused))
{
    if (self->running) {
        PyErr_SetString(PyExc_RuntimeError, "close was called while predict was running");
        return NULL;
    }
    row_path_clear(self);
    Py_RETURN_NONE;
}

static PyMethodDef row_path_methods[] = {
    {"close", (PyCFunction)row_path_close, METH_NOARGS,
     "close()\n--\n\nDrop the function. Rows that were made stay valid, and Java's views of the\n"
     "columns until this object goes."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef row_path_members[] = {
    {"function", T_OBJECT, offsetof(RowPath, function), READONLY,
     "The predict function, or None once closed."},
    {"context", T_OBJECT, offsetof(RowPath, context), READONLY,
     "The contextvars.Context that its calls run in, or None once closed."},
    {"model", T_OBJECT, offsetof(RowPath, model), READONLY, "The model's name."},
    {"rows", T_LONGLONG, offsetof(RowPath, rows), READONLY, "How many rows were predicted."},
    {NULL, 0, 0, 0, NULL},
};

static const char row_path_doc[] =
    "RowPath(function, model, inputs, outputs, context, numpy_arrays=False)\n--\n\n"
    "An open predict function with its Arrow columns.\n\n"
    "numpy_arrays reads ARRAYs of numbers as numpy arrays.\n\n"
    "Calling it with one row (a Row, tuple, list or dict) runs predict as Flink would, through\n"
    "the columns in both directions, and returns the list of result Rows.";

static PyType_Slot row_path_slots[] = {
    {Py_tp_doc, (void *)row_path_doc},
    {Py_tp_new, row_path_new},
    {Py_tp_traverse, row_path_traverse},
    {Py_tp_clear, row_path_clear},
    {Py_tp_dealloc, row_path_dealloc},
    {Py_tp_call, row_path_call},
    {Py_tp_methods, row_path_methods},
    {Py_tp_members, row_path_members},
    {0, NULL},
};

PyType_Spec row_path_spec = {
    .name = "pyflink_ml_embedded._native.RowPath",
    .basicsize = sizeof(RowPath),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = row_path_slots,
};
