/* SPDX-License-Identifier: Apache-2.0 */
/* Lets libFuzzer drive tests/fuzz/hostile.py in an embedded interpreter.

   PYTHON is the interpreter whose packages are used; PYTHONPATH finds the instrumented extension
   and the harness. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>

static PyObject *run; /* owned until the process ends */

/* Prints the exception that is set, and ends the process. */
static _Noreturn void
fail(void)
{
    PyErr_Print();
    abort();
}

static void
start_python(void)
{
    PyConfig config;

    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0; /* they are libFuzzer's */
    config.use_hash_seed = 1;           /* 0: the same input does the same in every process */
    PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, PYTHON);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
}

int
LLVMFuzzerInitialize(int *Py_UNUSED(argc), char ***Py_UNUSED(argv))
{
    start_python();
    PyObject *harness = PyImport_ImportModule("fuzz.hostile");
    if (harness == NULL || (run = PyObject_GetAttrString(harness, "run")) == NULL) {
        fail();
    }
    Py_DECREF(harness);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PyObject *result = PyObject_CallFunction(run, "y#", data, (Py_ssize_t)size);
    if (result == NULL) {
        fail();
    }
    Py_DECREF(result);
    return 0;
}
