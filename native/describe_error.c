/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an exception on its way to Java. */

#include "describe_error.h"

#include "python_util.h"

/* Returns a new str, or NULL with an exception set. Borrows error. */
static PyObject *
call_describe(PyObject *error, const char *method, PyObject *model, int64_t row_number,
              PyObject *row)
{
    PyObject *column = NULL;
    PyObject *number = NULL;
    PyObject *text = NULL;

    PyObject *module = PyImport_ImportModule("pyflink_ml_embedded._runtime.describe");
    if (module == NULL) {
        return NULL;
    }
    if (find_attribute(error, "column", &column) < 0) {
        PyErr_Clear();
    }
    number = row_number > 0 ? PyLong_FromLongLong(row_number) : Py_NewRef(Py_None);
    if (number != NULL) {
        text = PyObject_CallMethod(module, "describe", "OOOOOs", error, model ? model : Py_None,
                                   number, row ? row : Py_None, column ? column : Py_None, method);
    }
    Py_XDECREF(number);
    Py_XDECREF(column);
    Py_DECREF(module);
    if (text != NULL && !PyUnicode_Check(text)) {
        Py_CLEAR(text);
    }
    return text;
}

PyObject *
describe_error(const char *method, PyObject *model, int64_t row_number, PyObject *row)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(error, traceback);
    }
    PyObject *text = call_describe(error, method, model, row_number, row);
    if (text == NULL) {
        /* The message is left out: it could hold values, and describing it has just failed. */
        PyErr_Clear();
        text = PyUnicode_FromFormat("%s failed with %s (row %lld)", method,
                                    ((PyTypeObject *)type)->tp_name, (long long)row_number);
        PyErr_Clear();
    }
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(traceback);
    return text;
}

PyObject *
describe_classes(void)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(error, traceback);
    }
    PyObject *module = PyImport_ImportModule("pyflink_ml_embedded._runtime.describe");
    PyObject *names =
        module == NULL ? NULL : PyObject_CallMethod(module, "describe_classes", "O", error);
    Py_XDECREF(module);
    PyErr_Restore(type, error, traceback); /* replaces an exception of the call */
    return names;
}

PyObject *
describe_step_error(void)
{
    return describe_error("opening or closing", NULL, 0, NULL);
}
