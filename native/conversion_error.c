/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the converters. */

#include "conversion_error.h"

#include <stdarg.h>

/* Raises ConversionError(message, column). Takes message; borrows column, which may be NULL. */
static void
set_conversion_error(const Columns *columns, const Column *column, PyObject *message)
{
    PyObject *type = columns->state->conversion_error;
    PyObject *error = NULL;

    if (message != NULL &&
        (error = PyObject_CallFunctionObjArgs(
             type, message, column == NULL ? Py_None : column->path, NULL)) != NULL) {
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
