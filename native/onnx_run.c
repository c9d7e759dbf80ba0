/* SPDX-License-Identifier: Apache-2.0 */
/* OnnxSession.run(): predicts for Python what the engine declines, with the weights that are there
   already. */

#include "onnx_run.h"

#include "onnx_tensor.h"

const char onnx_run_doc[] =
    "run(outputs, inputs)\n--\n\n"
    "Run the file. outputs is a tuple of names, inputs a tuple of (name, dtype, C-contiguous\n"
    "array). Return a list of (dtype, shape, bytearray). A failure is a RuntimeError with ONNX\n"
    "Runtime's error code and message.";

/* What one call holds. */
typedef struct {
    const OnnxSession *session;
    Py_ssize_t input_count;
    Py_ssize_t output_count;
    Py_buffer *views;          /* of the inputs; unused ones have no object */
    const char **input_names;  /* borrowed items */
    const char **output_names; /* borrowed items */
    OrtValue **inputs;
    OrtValue **outputs;
} Run;

static int
run_init(Run *run, const OnnxSession *session, Py_ssize_t inputs, Py_ssize_t outputs)
{
    *run = (Run){
        .session = session,
        .input_count = inputs,
        .output_count = outputs,
        .views = PyMem_Calloc((size_t)inputs, sizeof(*run->views)),
        .input_names = PyMem_Calloc((size_t)inputs, sizeof(*run->input_names)),
        .output_names = PyMem_Calloc((size_t)outputs, sizeof(*run->output_names)),
        .inputs = PyMem_Calloc((size_t)inputs, sizeof(*run->inputs)),
        .outputs = PyMem_Calloc((size_t)outputs, sizeof(*run->outputs)),
    };
    if (run->views == NULL || run->input_names == NULL || run->output_names == NULL ||
        run->inputs == NULL || run->outputs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static void
release_values(const OnnxRuntime *runtime, OrtValue **values, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; values != NULL && i < count; i++) {
        if (values[i] != NULL) {
            runtime->release_value(values[i]);
        }
    }
    PyMem_Free(values);
}

static void
run_clear(Run *run)
{
    release_values(run->session->runtime, run->outputs, run->output_count);
    release_values(run->session->runtime, run->inputs, run->input_count);
    for (Py_ssize_t i = 0; run->views != NULL && i < run->input_count; i++) {
        PyBuffer_Release(&run->views[i]);
    }
    PyMem_Free(run->views);
    PyMem_Free(run->input_names);
    PyMem_Free(run->output_names);
}

/* Returns 0, or -1 with an exception set where status is a failure. Takes status. */
static int
check(const OnnxRuntime *runtime, OrtStatus *status)
{
    if (status == NULL) {
        return 0;
    }
    PyObject *arguments =
        Py_BuildValue("is", runtime->get_error_code(status), runtime->get_error_message(status));
    runtime->release_status(status);
    if (arguments != NULL) {
        PyErr_SetObject(PyExc_RuntimeError, arguments);
        Py_DECREF(arguments);
    }
    return -1;
}

/* Makes one input from its description. Returns 0, or -1 with an exception set. Borrows
   description, which the input refers to. */
static int
set_input(Run *run, Py_ssize_t index, PyObject *description)
{
    Py_buffer *view = &run->views[index];
    const OnnxRuntime *runtime = run->session->runtime;
    int64_t dimensions[MAX_RANK];
    const char *dtype;
    PyObject *array;

    if (!PyArg_ParseTuple(description, "ssO", &run->input_names[index], &dtype, &array)) {
        return -1;
    }
    const Element *element = find_element(dtype);
    if (element == NULL || PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS) < 0) {
        return -1;
    }
    if (view->ndim > MAX_RANK || view->itemsize != (Py_ssize_t)number_size(element->number)) {
        PyErr_SetString(PyExc_ValueError, "the array has another type or too many dimensions");
        return -1;
    }
    for (int i = 0; i < view->ndim; i++) {
        dimensions[i] = view->shape[i];
    }
    return check(runtime, runtime->create_tensor_with_data_as_ort_value(
                              run->session->memory, view->buf, (size_t)view->len, dimensions,
                              (size_t)view->ndim, element->type, &run->inputs[index]));
}

/* Returns a new description of a result, or NULL with an exception set. */
static PyObject *
describe_result(const OnnxRuntime *runtime, OrtValue *value)
{
    Shape shape;
    int type;
    void *data;

    OrtStatus *status = tensor_shape(runtime, value, &type, &shape);
    if (check(runtime, status) < 0 ||
        check(runtime, runtime->get_tensor_mutable_data(value, &data)) < 0) {
        return NULL;
    }
    if (shape.rank > MAX_RANK) {
        PyErr_Format(PyExc_ValueError, "a result has more than %d dimensions", MAX_RANK);
        return NULL;
    }
    const Element *element = find_element_of_type(type);
    PyObject *sizes = element == NULL ? NULL : PyTuple_New(shape.rank);
    for (int i = 0; sizes != NULL && i < shape.rank; i++) {
        PyObject *size = PyLong_FromLongLong(shape.sizes[i]);
        if (size == NULL) {
            Py_CLEAR(sizes);
            break;
        }
        PyTuple_SET_ITEM(sizes, i, size);
    }
    if (sizes == NULL) {
        return NULL;
    }
    size_t size = (size_t)shape_size(&shape) * number_size(element->number);
    PyObject *memory = PyByteArray_FromStringAndSize(data, (Py_ssize_t)size);
    if (memory == NULL) {
        Py_DECREF(sizes);
        return NULL;
    }
    return Py_BuildValue("sNN", element->dtype, sizes, memory);
}

/* Runs the file and returns a new list of results, or NULL with an exception set. */
static PyObject *
run_file(Run *run)
{
    const OnnxRuntime *runtime = run->session->runtime;
    OrtStatus *status;

    Py_BEGIN_ALLOW_THREADS;
    status = runtime->run(run->session->session, run->session->options, run->input_names,
                          (const OrtValue *const *)run->inputs, (size_t)run->input_count,
                          run->output_names, (size_t)run->output_count, run->outputs);
    Py_END_ALLOW_THREADS;
    PyObject *results = check(runtime, status) < 0 ? NULL : PyList_New(run->output_count);
    for (Py_ssize_t i = 0; results != NULL && i < run->output_count; i++) {
        PyObject *result = describe_result(runtime, run->outputs[i]);
        if (result == NULL) {
            Py_CLEAR(results);
            break;
        }
        PyList_SET_ITEM(results, i, result);
    }
    return results;
}

PyObject *
onnx_session_run(OnnxSession *self, PyObject *args)
{
    PyObject *outputs, *inputs;
    PyObject *results = NULL;
    Run run;

    if (!PyArg_ParseTuple(args, "O!O!:run", &PyTuple_Type, &outputs, &PyTuple_Type, &inputs)) {
        return NULL;
    }
    int status = run_init(&run, self, PyTuple_GET_SIZE(inputs), PyTuple_GET_SIZE(outputs));
    for (Py_ssize_t i = 0; status == 0 && i < run.input_count; i++) {
        status = set_input(&run, i, PyTuple_GET_ITEM(inputs, i));
    }
    for (Py_ssize_t i = 0; status == 0 && i < run.output_count; i++) {
        run.output_names[i] = PyUnicode_AsUTF8(PyTuple_GET_ITEM(outputs, i));
        status = run.output_names[i] == NULL ? -1 : 0;
    }
    if (status == 0) {
        results = run_file(&run);
    }
    run_clear(&run);
    return results;
}
