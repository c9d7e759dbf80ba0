/* SPDX-License-Identifier: Apache-2.0 */
/* OnnxEngine: predicts the rows of a call together, without the GIL. */

#include "onnx_engine.h"

#include "onnx_groups.h"
#include "onnx_input.h"

/* Fills tensors, which are zero, from a tuple of descriptions. Returns 0, or -1 with an exception
   set. Borrows descriptions. */
static int
init_tensors(OnnxTensor *tensors, PyObject *descriptions)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(descriptions); i++) {
        PyObject *description = PyTuple_GET_ITEM(descriptions, i);
        if (!PyTuple_Check(description)) {
            PyErr_SetString(PyExc_TypeError, "a tensor is described by a tuple");
            return -1;
        }
        if (onnx_tensor_init(&tensors[i], description) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Allocates what has an item for each input or output. Returns 0, or -1 with an exception set. */
static int
allocate(OnnxEngine *self)
{
    size_t inputs = (size_t)self->input_count;
    size_t outputs = (size_t)self->output_count;

    self->inputs = PyMem_RawCalloc(inputs, sizeof(*self->inputs));
    self->outputs = PyMem_RawCalloc(outputs, sizeof(*self->outputs));
    self->names = PyMem_RawCalloc(inputs + outputs, sizeof(*self->names));
    self->given = PyMem_RawCalloc(inputs, sizeof(*self->given));
    self->made = PyMem_RawCalloc(outputs, sizeof(*self->made));
    if (self->inputs == NULL || self->outputs == NULL || self->names == NULL ||
        self->given == NULL || self->made == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static void
name_tensors(OnnxEngine *self)
{
    for (Py_ssize_t i = 0; i < self->input_count; i++) {
        self->names[i] = self->inputs[i].name;
    }
    for (Py_ssize_t i = 0; i < self->output_count; i++) {
        self->names[self->input_count + i] = self->outputs[i].name;
    }
}

/* Returns 0, or -1 with an exception set where a column is filled by no output or by two. */
static int
check_coverage(const OnnxEngine *self, const Columns *output)
{
    Py_ssize_t next = 0;

    /* The outputs are in the order of the columns. */
    for (Py_ssize_t i = 0; i < self->output_count; i++) {
        if (self->outputs[i].first != next) {
            break;
        }
        next += self->outputs[i].count;
    }
    if (next != output->field_count) {
        PyErr_SetString(PyExc_ValueError, "the outputs do not fill each column once");
        return -1;
    }
    return 0;
}

static int
bind_columns(Engine *engine, const Columns *input, const Columns *output)
{
    OnnxEngine *self = (OnnxEngine *)engine;

    for (Py_ssize_t i = 0; i < self->input_count; i++) {
        if (onnx_input_check(&self->inputs[i], input) < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < self->output_count; i++) {
        if (onnx_output_check(&self->outputs[i], output) < 0) {
            return -1;
        }
    }
    return check_coverage(self, output);
}

bool
onnx_engine_run(OnnxEngine *self, const OrtValue *const *inputs, OrtValue **outputs)
{
    const OnnxRuntime *runtime = self->session->runtime;

    OrtStatus *status =
        runtime->run(self->session->session, self->session->options, self->names, inputs,
                     (size_t)self->input_count, self->names + self->input_count,
                     (size_t)self->output_count, outputs);
    if (status != NULL) {
        runtime->release_status(status);
    }
    return status == NULL;
}

static bool
has_open_size(const Shape *shape)
{
    for (int i = 0; i < shape->rank; i++) {
        if (shape->sizes[i] < 0) {
            return true;
        }
    }
    return false;
}

/* Binds an output of one row to memory of ours, which saves the call an allocation. Returns its
   value, or NULL where ONNX Runtime makes one. */
static OrtValue *
bind_output(OnnxTensor *tensor, const OnnxSession *session, int count)
{
    if (count > 1 || tensor->is_one_row || has_open_size(&tensor->row)) {
        return NULL;
    }
    Shape shape = onnx_tensor_shape(tensor, &tensor->row, 1);
    char *memory =
        buffer_reserve(&tensor->buffer, shape_size(&shape), number_size(tensor->element->number));
    bool is_set = memory != NULL && onnx_tensor_set(tensor, session, memory, &shape) == 0;
    return is_set ? tensor->value : NULL;
}

/* Makes the inputs of a call with count rows. Returns false where they differ in shape, or where
   Python must decide. */
static bool
set_inputs(OnnxEngine *self, const Columns *input, int64_t start, int count)
{
    for (Py_ssize_t i = 0; i < self->input_count; i++) {
        OnnxTensor *tensor = &self->inputs[i];
        Shape row;
        if (!onnx_input_shape(tensor, input, start, count, &row)) {
            return false;
        }
        const char *elements = onnx_input_elements(tensor, input, start, count);
        Shape shape = onnx_tensor_shape(tensor, &row, count);
        if (elements == NULL ||
            onnx_tensor_set(tensor, self->session, (void *)elements, &shape) < 0) {
            return false;
        }
        self->given[i] = tensor->value;
    }
    return true;
}

/* Writes an output of count rows, and releases its value unless it is bound. Returns whether all
   values fit. Takes value. */
static bool
write_output(OnnxTensor *tensor, const OnnxRuntime *runtime, OrtValue *value, int count,
             Columns *output)
{
    OutputRows rows = {tensor->buffer.memory, tensor->row};
    bool is_bound = value == tensor->value;

    bool fits = (is_bound || onnx_output_read(tensor, runtime, value, count, &rows)) &&
                onnx_output_write(tensor, &rows, 0, count, output, 0);
    if (!is_bound) {
        runtime->release_value(value);
    }
    return fits;
}

/* Predicts count rows, whose inputs are set, in one call of the file. Returns 0 or DECLINED. */
static int
predict_together(OnnxEngine *self, int count, Columns *output)
{
    bool fits = true;

    for (Py_ssize_t i = 0; i < self->output_count; i++) {
        self->made[i] = bind_output(&self->outputs[i], self->session, count);
    }
    if (!onnx_engine_run(self, self->given, self->made)) {
        return DECLINED;
    }
    for (Py_ssize_t i = 0; i < self->output_count; i++) {
        fits &=
            write_output(&self->outputs[i], self->session->runtime, self->made[i], count, output);
    }
    return fits ? 0 : DECLINED;
}

static int
predict_rows(Engine *engine, const Columns *input, int64_t start, int count, Columns *output)
{
    OnnxEngine *self = (OnnxEngine *)engine;

    if ((self->rows == 0 || self->rows == count) && set_inputs(self, input, start, count)) {
        return predict_together(self, count, output);
    }
    return onnx_predict_groups(self, input, start, count, output);
}

static PyObject *
onnx_engine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"session", "inputs", "outputs", "rows", NULL};
    NativeState *state = PyType_GetModuleState(type);
    PyObject *session, *inputs, *outputs;
    long long rows;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!O!L:OnnxEngine", keywords,
                                     state->onnx_session_type, &session, &PyTuple_Type, &inputs,
                                     &PyTuple_Type, &outputs, &rows)) {
        return NULL;
    }
    OnnxEngine *self = (OnnxEngine *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->engine.bind = bind_columns;
    self->engine.predict = predict_rows;
    self->session = (OnnxSession *)Py_NewRef(session);
    self->input_count = PyTuple_GET_SIZE(inputs);
    self->output_count = PyTuple_GET_SIZE(outputs);
    self->rows = rows;
    if (allocate(self) < 0 || init_tensors(self->inputs, inputs) < 0 ||
        init_tensors(self->outputs, outputs) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    name_tensors(self);
    return (PyObject *)self;
}

static void
clear_tensors(OnnxTensor *tensors, Py_ssize_t count, const OnnxRuntime *runtime)
{
    for (Py_ssize_t i = 0; tensors != NULL && i < count; i++) {
        onnx_tensor_clear(&tensors[i], runtime);
    }
    PyMem_RawFree(tensors);
}

static void
onnx_engine_dealloc(OnnxEngine *self)
{
    PyTypeObject *type = Py_TYPE(self);

    if (self->session != NULL) {
        clear_tensors(self->inputs, self->input_count, self->session->runtime);
        clear_tensors(self->outputs, self->output_count, self->session->runtime);
    }
    Py_XDECREF(self->session);
    PyMem_RawFree(self->names);
    PyMem_RawFree(self->given);
    PyMem_RawFree(self->made);
    type->tp_free(self);
    Py_DECREF(type);
}

static const char onnx_engine_doc[] =
    "OnnxEngine(session, inputs, outputs, rows)\n--\n\n"
    "Predicts with the ONNX file of an OnnxSession, without the GIL.\n\n"
    "inputs and outputs are tuples of descriptions: (name, dtype, first column, number of columns,\n"
    "levels of ARRAY, sizes of one row or -1, whether the tensor is one row, dimensions of length\n"
    "1 that the columns do not have). The outputs are in the order of the columns. rows is how\n"
    "many rows the file takes in one call, or 0 for any number. Raises ValueError where it cannot\n"
    "predict with such tensors.";

static PyType_Slot onnx_engine_slots[] = {
    {Py_tp_doc, (void *)onnx_engine_doc},
    {Py_tp_new, onnx_engine_new},
    {Py_tp_dealloc, onnx_engine_dealloc},
    {0, NULL},
};

PyType_Spec onnx_engine_spec = {
    .name = "pyflink_ml_embedded._native.OnnxEngine",
    .basicsize = sizeof(OnnxEngine),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = onnx_engine_slots,
};
