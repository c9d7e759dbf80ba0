/* SPDX-License-Identifier: Apache-2.0 */
/* The module pyflink_ml_embedded._native. */

#include "activity.h"
#include "bridge.h"
#include "call_samples.h"
#include "codec_decimal.h"
#include "codec_time.h"
#include "columns_object.h"
#include "feature_matrix.h"
#include "function_server.h"
#include "log.h"
#include "metrics_memory.h"
#include "onnx_engine.h"
#include "open_function.h"
#include "parent.h"
#include "process_check.h"
#include "process_end.h"
#include "row.h"
#include "row_iterator.h"
#include "stack.h"
#include "stacks.h"
#include "signals.h"
#include "trees_engine.h"

static PyMethodDef native_methods[] = {
    {"bind", bridge_bind, METH_NOARGS,
     "bind()\n--\n\nBind the natives of NativeBridge, as the context class loader of the calling\n"
     "Java thread finds it."},
    {"become_worker", parent_become_worker, METH_O,
     "become_worker(parent)\n--\n\nMake this a worker process: it gets its own process group, and\n"
     "ends with the process that writes to the pipe parent. All columns are in memory that\n"
     "that process can map."},
    {"check_process_by", process_check_set, METH_O,
     "check_process_by(check)\n--\n\nCall check() after the first calls of each function, and then"
     " at most once a second."},
    {"feature_matrix", feature_matrix, METH_VARARGS,
     "feature_matrix(batch, empty, dtype)\n--\n\nReturn the numbers of an Arrow batch as a matrix"
     " that empty(shape, dtype) makes,\nor None where no column has numbers."},
    {"limit_recursion", stack_limit_current, METH_NOARGS,
     "limit_recursion()\n--\n\nLimit the recursion of the calling thread to what its stack has room\n"
     "for, as the first native call of a Java thread does, and return the number of levels."},
    {"guard_signals", signals_guard, METH_NOARGS,
     "guard_signals()\n--\n\nKeep the JVM's signal handlers, and prepare for forks."},
    {"print_at_end", process_end_print, METH_VARARGS,
     "print_at_end(log_file, signals)\n--\n\nPrint the models of this process to standard error when"
     " native code calls exit,\nand before the handlers of these signals run. What is printed then is"
     " also\nappended to the log file, if there is one."},
    {"keep_stacks", stacks_keep, METH_VARARGS,
     "keep_stacks(abort_signal, file_signal, file)\n--\n\nTake faulthandler's handlers of two"
     " signals, which print the stacks when the process\naborts, and to the file."},
    {"restore_signals", signals_restore, METH_NOARGS,
     "restore_signals()\n--\n\nPut the JVM's signal handlers back, and return the signals that had"
     " others."},
    {"log", log_write, METH_VARARGS,
     "log(level, name, message)\n--\n\nWrite to SLF4J, at a level of Python's logging."},
    {"log_levels", log_levels, METH_O,
     "log_levels(names)\n--\n\nReturn a list of the levels of SLF4J's loggers of these names, as"
     " those of Python's\nlogging: the lowest that is enabled, 1 for TRACE."},
    {"sample_calls", call_samples_take, METH_VARARGS,
     "sample_calls(functions, interval, duration)\n--\n\nSample the calls in progress of a tuple of"
     " OpenFunctions, without the GIL.\n\nReturn a list of the index of the function, the seconds"
     " that the sample stands for,\nand the stack: a tuple of (name, file, first line of the"
     " function) for each frame, the\noutermost first. It is empty where values are converted."},
    {"set_recursion_limit", stack_set_recursion_limit, METH_VARARGS,
     "set_recursion_limit(original, limit)\n--\n\nCall sys.setrecursionlimit, the original, and keep"
     " the limits of threads. Return\nthat of the calling thread, or 0 if it has none."},
    {NULL, NULL, 0, NULL},
};

/* Returns a new type made from spec, which is not an attribute of module, or NULL with an exception
 * set. */
static PyTypeObject *
hidden_type(PyObject *module, PyType_Spec *spec)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
}

/* Adds a type made from spec, with this base or with object, to module. Returns a new reference, or
 * NULL with an exception set. */
static PyTypeObject *
add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, (PyObject *)base);
    if (type != NULL && PyModule_AddType(module, type) < 0) {
        Py_CLEAR(type);
    }
    return type;
}

/* Returns 0, or -1 with an exception set. */
static int
add_server(PyObject *module)
{
    PyTypeObject *type = add_type(module, &function_server_spec, NULL);
    Py_XDECREF(type);
    return type == NULL ? -1 : 0;
}

/* Adds the types of engines. Returns 0, or -1 with an exception set. */
static int
add_engines(PyObject *module, NativeState *state)
{
    if ((state->engine_type = add_type(module, &engine_spec, NULL)) == NULL ||
        (state->onnx_session_type = add_type(module, &onnx_session_spec, NULL)) == NULL) {
        return -1;
    }
    PyTypeObject *onnx = add_type(module, &onnx_engine_spec, state->engine_type);
    PyTypeObject *trees =
        onnx == NULL ? NULL : add_type(module, &trees_engine_spec, state->engine_type);
    Py_XDECREF(onnx);
    Py_XDECREF(trees);
    return trees == NULL ? -1 : 0;
}

/* Returns a new reference, or NULL with an exception set. */
static PyObject *
import_error(const char *name)
{
    PyObject *module = PyImport_ImportModule("pyflink_ml_embedded._exceptions");
    PyObject *type = module == NULL ? NULL : PyObject_GetAttrString(module, name);
    Py_XDECREF(module);
    return type;
}

static int
native_exec(PyObject *module)
{
    NativeState *state = PyModule_GetState(module);

    if (codec_time_import() < 0 || codec_decimal_import(state) < 0 ||
        (state->row_type = add_type(module, &row_spec, NULL)) == NULL ||
        (state->row_iterator_type = hidden_type(module, &row_iterator_spec)) == NULL ||
        (state->columns_type = add_type(module, &columns_spec, NULL)) == NULL ||
        (state->metrics_memory_type = add_type(module, &metrics_memory_spec, NULL)) == NULL ||
        (state->activity_type = add_type(module, &activity_spec, NULL)) == NULL ||
        (state->open_function_type = add_type(module, &open_function_spec, NULL)) == NULL ||
        add_server(module) < 0 || add_engines(module, state) < 0) {
        return -1;
    }
    row_type_init(state->row_type);
    if ((state->conversion_error = import_error("ConversionError")) == NULL ||
        (state->timeout_error = import_error("PredictTimeoutError")) == NULL ||
        PyModule_AddStringConstant(module, "__version__", PYFLINK_ML_EMBEDDED_VERSION) < 0) {
        return -1;
    }
    return 0;
}

static int
native_traverse(PyObject *module, visitproc visit, void *arg)
{
    NativeState *state = PyModule_GetState(module);
    Py_VISIT(state->row_type);
    Py_VISIT(state->row_iterator_type);
    Py_VISIT(state->columns_type);
    Py_VISIT(state->open_function_type);
    Py_VISIT(state->engine_type);
    Py_VISIT(state->onnx_session_type);
    Py_VISIT(state->metrics_memory_type);
    Py_VISIT(state->activity_type);
    Py_VISIT(state->conversion_error);
    Py_VISIT(state->timeout_error);
    Py_VISIT(state->decimal_type);
    Py_VISIT(state->decimal_multiply);
    Py_VISIT(state->numpy_frombuffer);
    Py_VISIT(state->process_check);
    return 0;
}

static int
native_clear(PyObject *module)
{
    NativeState *state = PyModule_GetState(module);
    Py_CLEAR(state->row_type);
    Py_CLEAR(state->row_iterator_type);
    Py_CLEAR(state->columns_type);
    Py_CLEAR(state->open_function_type);
    Py_CLEAR(state->engine_type);
    Py_CLEAR(state->onnx_session_type);
    Py_CLEAR(state->metrics_memory_type);
    Py_CLEAR(state->activity_type);
    Py_CLEAR(state->conversion_error);
    Py_CLEAR(state->timeout_error);
    Py_CLEAR(state->decimal_type);
    Py_CLEAR(state->decimal_multiply);
    Py_CLEAR(state->numpy_frombuffer);
    Py_CLEAR(state->process_check);
    return 0;
}

static void
native_free(void *module)
{
    NativeState *state = PyModule_GetState(module);
    native_clear((PyObject *)module);
    PyMem_RawFree(state->java);
}

static PyModuleDef_Slot native_slots[] = {
    {Py_mod_exec, native_exec},
    {0, NULL},
};

static struct PyModuleDef native_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "The row path between Flink and Python; see native/ and docs/design.md.",
    .m_size = sizeof(NativeState),
    .m_methods = native_methods,
    .m_slots = native_slots,
    .m_traverse = native_traverse,
    .m_clear = native_clear,
    .m_free = native_free,
};

PyMODINIT_FUNC
PyInit__native(void)
{
    return PyModuleDef_Init(&native_module);
}
