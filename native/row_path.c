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

int
row_path_predict(RowPath *path)
{
    int status = -1;

    if (check_ready(path) < 0) {
        return -1;
    }
    path->running = true;
    path->rows++;
    path->output->moved = false;
    if (PyContext_Enter(path->context) == 0) {
        status = predict_row(path);
        PyContext_Exit(path->context);
    }
    path->running = false;
    if (status < 0) {
        return -1;
    }
    return path->output->moved ? status | OUTPUT_MOVED : status;
}

PyObject *
row_path_describe_error(RowPath *path)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    PyObject *row = row_from_columns(path->input, NULL);
    PyErr_Clear();
    PyErr_Restore(type, error, traceback);
    PyObject *text = describe_error(path->model, path->rows, row);
    Py_XDECREF(row);
    return text;
}

Columns *
row_path_columns(RowPath *path, int side)
{
    return side == 0 ? path->input : path->output;
}

static PyObject *
row_path_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"function", "model", "inputs", "outputs", "context", NULL};
    PyObject *function, *model, *inputs, *outputs, *context;
    NativeState *state = PyType_GetModuleState(type);

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OUOOO!:RowPath", keywords, &function, &model,
                                     &inputs, &outputs, &PyContext_Type, &context)) {
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
        (self->input = columns_from_fields(state, "INPUT", inputs)) == NULL ||
        (self->output = columns_from_fields(state, "OUTPUT", outputs)) == NULL) {
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
    Py_XDECREF(self->input);
    Py_XDECREF(self->output);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
row_path_call(RowPath *self, PyObject *args, PyObject *kwargs)
{
    PyObject *values;
    static char *keywords[] = {"row", NULL};

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O", keywords, &values) ||
        check_ready(self) < 0) {
        return NULL;
    }
    PyObject *input = PyList_New(1);
    if (input == NULL) {
        return NULL;
    }
    PyList_SET_ITEM(input, 0, Py_NewRef(values));
    Py_ssize_t written = rows_to_arrow(self->input, input);
    Py_DECREF(input);
    if (written < 0) {
        return NULL;
    }
    int rows = row_path_predict(self);
    if (rows < 0) {
        return NULL;
    }
    rows &= ~OUTPUT_MOVED;
    PyObject *list = PyList_New(rows);
    for (int i = 0; list != NULL && i < rows; i++) {
        PyObject *row = row_from_arrow(self->output, i);
        if (row == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, row);
    }
    return list;
}

static PyObject *
row_path_close(RowPath *self, PyObject *Py_UNUSED(unused))
{
    if (self->running) {
        PyErr_SetString(PyExc_RuntimeError, "close was called while predict was running");
        return NULL;
    }
    row_path_clear(self);
    columns_free_memory(self->input);
    columns_free_memory(self->output);
    Py_RETURN_NONE;
}

static PyMethodDef row_path_methods[] = {
    {"close", (PyCFunction)row_path_close, METH_NOARGS,
     "close()\n--\n\nDrop the function and free the columns. Rows that were made stay valid."},
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
    "RowPath(function, model, inputs, outputs, context)\n--\n\n"
    "An open predict function with its Arrow columns.\n\n"
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
