/* Errors of the converters, and the text of an error on its way to Java. */

#include "column.h"

#include <stdarg.h>

/* Raises ConversionError(message, column). Takes message; borrows column, which may be NULL. */
static void
set_conversion_error(const Columns *columns, const Column *column, PyObject *message)
{
    PyObject *type = columns->state->conversion_error;
    PyObject *error = NULL;

    if (message != NULL &&
        (error = PyObject_CallFunctionObjArgs(type, message, column == NULL ? Py_None : column->path,
                                              NULL)) != NULL) {
        PyErr_SetObject(type, error);
    }
    Py_XDECREF(error);
    Py_XDECREF(message);
}

int
raise_conversion_error(const Columns *columns, const Column *column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_conversion_error(columns, column, PyUnicode_FromFormatV(format, arguments));
    va_end(arguments);
    return -1;
}

int
raise_conversion_error_from(const Columns *columns, const Column *column, const char *format, ...)
{
    PyObject *cause_type, *cause, *traceback;
    PyObject *type, *error, *rest;
    va_list arguments;

    PyErr_Fetch(&cause_type, &cause, &traceback);
    PyErr_NormalizeException(&cause_type, &cause, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(cause, traceback);
    }
    va_start(arguments, format);
    set_conversion_error(columns, column, PyUnicode_FromFormatV(format, arguments));
    va_end(arguments);
    PyErr_Fetch(&type, &error, &rest);
    PyErr_NormalizeException(&type, &error, &rest);
    PyException_SetCause(error, Py_XNewRef(cause));
    PyErr_Restore(type, error, rest);
    Py_XDECREF(cause_type);
    Py_XDECREF(cause);
    Py_XDECREF(traceback);
    return -1;
}

int
raise_wrong_type(const Columns *columns, const Column *column, PyObject *value)
{
    return raise_conversion_error(columns, column, "expected %U, got %.200s", column->type,
                                  Py_TYPE(value)->tp_name);
}

/* Returns a new str, or NULL with an exception set. Borrows error. */
static PyObject *
call_describe(PyObject *error, PyObject *model, int64_t row_number, PyObject *row)
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
        text = PyObject_CallMethod(module, "describe", "OOOOO", error, model ? model : Py_None,
                                   number, row ? row : Py_None, column ? column : Py_None);
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
describe_error(PyObject *model, int64_t row_number, PyObject *row)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(error, traceback);
    }
    PyObject *text = call_describe(error, model, row_number, row);
    if (text == NULL) {
        /* The message is left out: it could hold values, and describing it has just failed. */
        PyErr_Clear();
        text = PyUnicode_FromFormat("predict failed with %s (row %lld)",
                                    ((PyTypeObject *)type)->tp_name, (long long)row_number);
        PyErr_Clear();
    }
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(traceback);
    return text;
}
