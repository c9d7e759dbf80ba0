/* SPDX-License-Identifier: Apache-2.0 */
/* BOOLEAN, the integers, FLOAT and DOUBLE. */

#include "codec_number.h"

#include "conversion_error.h"
#include "python_util.h"

#include <math.h>

/* Whether value is of numpy and not a real number, though it converts to one: a masked value, a
   time, a complex number. */
static bool
is_not_a_number(PyObject *value)
{
    return has_type_name(value, "MaskedArray") || has_type_name(value, "MaskedConstant") ||
           has_type_name(value, "numpy.datetime64") || has_type_name(value, "numpy.timedelta64") ||
           has_type_name(value, "numpy.complex64") || has_type_name(value, "numpy.complex128") ||
           has_type_name(value, "numpy.clongdouble");
}

PyObject *
read_bool(const Source *source, const Column *column, int64_t row)
{
    return PyBool_FromLong(bit_is_set(source_values(source, column), row));
}

int
write_bool(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    if (!PyBool_Check(value) && !is_numpy_bool(value)) {
        return raise_wrong_type(columns, column, value);
    }
    int truth = PyObject_IsTrue(value);
    if (truth < 0) {
        return WRITE_FAILED;
    }
    set_bit(column_values(columns, column), row, truth == 1);
    return WRITE_VALUE;
}

/* Fills *number from an int, an object with __index__ or a numpy.bool, and returns 0, or returns -1
   with an exception set. Borrows value. */
static int
integer_in_range(const Columns *columns, const Column *column, PyObject *value, long long least,
                 long long greatest, long long *number)
{
    int overflow = 0;

    if (PyLong_Check(value)) {
        *number = PyLong_AsLongLongAndOverflow(value, &overflow);
    }
    else if (is_numpy_bool(value)) {
        *number = PyObject_IsTrue(value);
        if (*number < 0) {
            return -1;
        }
    }
    else if (PyIndex_Check(value) && !is_not_a_number(value)) {
        PyObject *index = PyNumber_Index(value);
        if (index == NULL) {
            return -1;
        }
        *number = PyLong_AsLongLongAndOverflow(index, &overflow);
        Py_DECREF(index);
    }
    else {
        return raise_wrong_type(columns, column, value);
    }
    if (overflow != 0 || *number < least || *number > greatest) {
        return raise_conversion_error(columns, column, "int out of range of %U (%lld to %lld)",
                                      column->type, least, greatest);
    }
    return 0;
}

#define DEFINE_INTEGER(NAME, TYPE, LEAST, GREATEST)                                                \
    PyObject *read_##NAME(const Source *source, const Column *column, int64_t row)                 \
    {                                                                                              \
        TYPE number;                                                                               \
        memcpy(&number, source_values(source, column) + (size_t)row * sizeof(number),              \
               sizeof(number));                                                                    \
        return PyLong_FromLongLong(number);                                                        \
    }                                                                                              \
                                                                                                   \
    int write_##NAME(Columns *columns, Column *column, int64_t row, PyObject *value)               \
    {                                                                                              \
        long long wide = 0;                                                                        \
        if (integer_in_range(columns, column, value, LEAST, GREATEST, &wide) < 0) {                \
            return WRITE_FAILED;                                                                   \
        }                                                                                          \
        TYPE number = (TYPE)wide;                                                                  \
        memcpy(column_values(columns, column) + (size_t)row * sizeof(number), &number,             \
               sizeof(number));                                                                    \
        return WRITE_VALUE;                                                                        \
    }

DEFINE_INTEGER(int8, int8_t, INT8_MIN, INT8_MAX)
DEFINE_INTEGER(int16, int16_t, INT16_MIN, INT16_MAX)
DEFINE_INTEGER(int32, int32_t, INT32_MIN, INT32_MAX)
DEFINE_INTEGER(int64, int64_t, INT64_MIN, INT64_MAX)

PyObject *
read_float(const Source *source, const Column *column, int64_t row)
{
    float number;
    memcpy(&number, source_values(source, column) + (size_t)row * sizeof(number), sizeof(number));
    return PyFloat_FromDouble(number);
}

PyObject *
read_double(const Source *source, const Column *column, int64_t row)
{
    double number;
    memcpy(&number, source_values(source, column) + (size_t)row * sizeof(number), sizeof(number));
    return PyFloat_FromDouble(number);
}

/* Fills *number from a float, an int, or an object with __float__ or __index__ and returns 0, or
   returns -1 with an exception set. Borrows value. */
static int
double_from_object(const Columns *columns, const Column *column, PyObject *value, double *number)
{
    if (PyFloat_CheckExact(value)) {
        *number = PyFloat_AS_DOUBLE(value);
        return 0;
    }
    PyNumberMethods *methods = Py_TYPE(value)->tp_as_number;
    if (methods == NULL || (methods->nb_float == NULL && methods->nb_index == NULL) ||
        is_not_a_number(value)) {
        return raise_wrong_type(columns, column, value);
    }
    *number = PyFloat_AsDouble(value);
    return *number == -1.0 && PyErr_Occurred() ? -1 : 0;
}

int
write_float(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    double wide = 0;

    if (double_from_object(columns, column, value, &wide) < 0) {
        return WRITE_FAILED;
    }
    float number = (float)wide;
    if (isinf(number) && !isinf(wide)) {
        return raise_conversion_error(columns, column, "number out of range of %U", column->type);
    }
    memcpy(column_values(columns, column) + (size_t)row * sizeof(number), &number, sizeof(number));
    return WRITE_VALUE;
}

int
write_double(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    double number = 0;

    if (double_from_object(columns, column, value, &number) < 0) {
        return WRITE_FAILED;
    }
    memcpy(column_values(columns, column) + (size_t)row * sizeof(number), &number, sizeof(number));
    return WRITE_VALUE;
}
