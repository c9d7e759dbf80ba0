/* SPDX-License-Identifier: Apache-2.0 */
/* OnnxSession: loads an ONNX file. */

#include "onnx_session.h"

#include "onnx_run.h"

/* The options of a session; see onnx_session_doc. */
typedef struct {
    const char *file;
    int graph_optimization;
    int intra_op_threads;
    int spinning;
} Options;

/* Returns 0, or -1 with an exception set where status is a failure. Takes status. */
static int
check(const OnnxRuntime *runtime, OrtStatus *status)
{
    if (status == NULL) {
        return 0;
    }
    PyErr_SetString(PyExc_RuntimeError, runtime->get_error_message(status));
    runtime->release_status(status);
    return -1;
}

/* Sets the options of a session. Memory comes from malloc: the locks of a session's own arena and
   patterns would make threads wait for each other in each run. Returns 0, or -1 with an exception
   set. */
static int
set_options(const OnnxRuntime *runtime, OrtSessionOptions *target, const Options *options)
{
    if (check(runtime, runtime->disable_cpu_mem_arena(target)) < 0 ||
        check(runtime, runtime->disable_mem_pattern(target)) < 0 ||
        check(runtime, runtime->set_session_log_severity_level(target, ORT_LOG_ERROR)) < 0 ||
        check(runtime, runtime->set_session_graph_optimization_level(
                           target, options->graph_optimization)) < 0 ||
        check(runtime, runtime->set_intra_op_num_threads(target, options->intra_op_threads)) < 0) {
        return -1;
    }
    return check(runtime,
                 runtime->add_session_config_entry(target, "session.intra_op.allow_spinning",
                                                   options->spinning ? "1" : "0"));
}

/* Returns 0, or -1 with an exception set. */
static int
load_file(OnnxSession *self, const Options *options)
{
    const OnnxRuntime *runtime = self->runtime;
    OrtSessionOptions *session_options = NULL;
    OrtStatus *status = NULL;

    if (check(runtime, runtime->create_session_options(&session_options)) < 0) {
        return -1;
    }
    int result = set_options(runtime, session_options, options);
    if (result == 0) {
        Py_BEGIN_ALLOW_THREADS;
        status =
            runtime->create_session(runtime->env, options->file, session_options, &self->session);
        Py_END_ALLOW_THREADS;
        result = check(runtime, status);
    }
    runtime->release_session_options(session_options);
    return result;
}

/* Returns 0, or -1 with an exception set. */
static int
prepare_runs(OnnxSession *self)
{
    const OnnxRuntime *runtime = self->runtime;

    if (check(runtime, runtime->create_cpu_memory_info(ORT_ARENA_ALLOCATOR, ORT_MEMORY_DEFAULT,
                                                       &self->memory)) < 0 ||
        check(runtime, runtime->create_run_options(&self->options)) < 0) {
        return -1;
    }
    return check(runtime,
                 runtime->run_options_set_run_log_severity_level(self->options, ORT_LOG_FATAL));
}

static PyObject *
onnx_session_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"library",          "file",     "graph_optimization",
                               "intra_op_threads", "spinning", NULL};
    PyObject *library = NULL;
    PyObject *file = NULL;
    Options options;
    OnnxSession *self = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&iip:OnnxSession", keywords,
                                     PyUnicode_FSConverter, &library, PyUnicode_FSConverter, &file,
                                     &options.graph_optimization, &options.intra_op_threads,
                                     &options.spinning)) {
        goto done;
    }
    const OnnxRuntime *runtime = onnxruntime_load(PyBytes_AS_STRING(library));
    if (runtime == NULL || (self = (OnnxSession *)type->tp_alloc(type, 0)) == NULL) {
        goto done;
    }
    self->runtime = runtime;
    options.file = PyBytes_AS_STRING(file);
    if (load_file(self, &options) < 0 || prepare_runs(self) < 0) {
        Py_CLEAR(self);
    }
done:
    Py_XDECREF(library);
    Py_XDECREF(file);
    return (PyObject *)self;
}

static void
onnx_session_dealloc(OnnxSession *self)
{
    PyTypeObject *type = Py_TYPE(self);
    const OnnxRuntime *runtime = self->runtime;

    if (self->options != NULL) {
        runtime->release_run_options(self->options);
    }
    if (self->memory != NULL) {
        runtime->release_memory_info(self->memory);
    }
    if (self->session != NULL) {
        Py_BEGIN_ALLOW_THREADS;
        runtime->release_session(self->session);
        Py_END_ALLOW_THREADS;
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static const char onnx_session_doc[] =
    "OnnxSession(library, file, graph_optimization, intra_op_threads, spinning)\n--\n\n"
    "An ONNX file, loaded by the C library of ONNX Runtime at the path library.\n\n"
    "graph_optimization is a value of onnxruntime.GraphOptimizationLevel, spinning whether the\n"
    "threads of one run spin while they wait. Raises ImportError if the library cannot be used,\n"
    "and RuntimeError if it cannot load the file.";

static PyMethodDef onnx_session_methods[] = {
    {"run", (PyCFunction)onnx_session_run, METH_VARARGS, onnx_run_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot onnx_session_slots[] = {
    {Py_tp_doc, (void *)onnx_session_doc},
    {Py_tp_new, onnx_session_new},
    {Py_tp_dealloc, onnx_session_dealloc},
    {Py_tp_methods, onnx_session_methods},
    {0, NULL},
};

PyType_Spec onnx_session_spec = {
    .name = "pyflink_ml_embedded._native.OnnxSession",
    .basicsize = sizeof(OnnxSession),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = onnx_session_slots,
};
