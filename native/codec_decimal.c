/* SPDX-License-Identifier: Apache-2.0 */
/* DECIMAL: Arrow's decimal128, a 128-bit two's complement integer scaled by a power of ten. */

#include "codec_decimal.h"

#include "conversion_error.h"
#include "python_util.h"

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

#define MAX_DIGITS 38

int
codec_decimal_import(NativeState *state)
{
    PyObject *context = NULL;

    PyObject *module = PyImport_ImportModule("decimal");
    if (module == NULL) {
        return -1;
    }
    state->decimal_type = (PyTypeObject *)PyObject_GetAttrString(module, "Decimal");
    if (state->decimal_type != NULL &&
        (context = PyObject_CallMethod(module, "Context", "i", MAX_DIGITS)) != NULL) {
        state->decimal_multiply = PyObject_GetAttrString(context, "multiply");
    }
    Py_XDECREF(context);
    Py_DECREF(module);
    return state->decimal_multiply == NULL ? -1 : 0;
}

PyObject *
decimal_unit(NativeState *state, int scale)
{
    return PyObject_CallFunction((PyObject *)state->decimal_type, "((i(i)i))", 0, 1, -scale);
}

/* Returns a new int, or NULL with an exception set. */
static PyObject *
integer_from_int128(Int128 number)
{
    if (number >= INT64_MIN && number <= INT64_MAX) {
        return PyLong_FromLongLong((long long)number);
    }
    return _PyLong_FromByteArray((const unsigned char *)&number, sizeof(number), PY_LITTLE_ENDIAN,
                                 1);
}

/* The unscaled integer is multiplied by the unit, a power of ten: exactly, and in half the time
   that a Decimal takes to read its digits. */
PyObject *
read_decimal128(const Source *source, const Column *column, int64_t row)
{
    Int128 unscaled;

    memcpy(&unscaled, source_values(source, column) + (size_t)row * sizeof(unscaled),
           sizeof(unscaled));
    PyObject *factors[] = {integer_from_int128(unscaled), column->unit};
    if (factors[0] == NULL) {
        return NULL;
    }
    PyObject *value =
        PyObject_Vectorcall(source->columns->state->decimal_multiply, factors, 2, NULL);
    Py_DECREF(factors[0]);
    return value;
}

/* A decimal number as text: digits, the position of the point, and a sign. */
typedef struct {
    const char *digits; /* may hold one point */
    Py_ssize_t length;  /* of digits, the point included */
    Py_ssize_t point;   /* digits before the point, the exponent applied */
    bool negative;
} DecimalText;

/* Fills *number from what str() gives of a Decimal or an int. Returns 0, or -1 without an exception
   where it is not a finite number. */
static int
parse_decimal_text(const char *text, DecimalText *number)
{
    number->negative = *text == '-';
    if (*text == '-' || *text == '+') {
        text++;
    }
    if (*text < '0' || *text > '9') {
        return -1;
    }
    const char *exponent = strpbrk(text, "eE");
    number->digits = text;
    number->length = exponent == NULL ? (Py_ssize_t)strlen(text) : exponent - text;
    const char *point = memchr(text, '.', (size_t)number->length);
    number->point = point == NULL ? number->length : point - text;
    if (exponent != NULL) {
        /* An exponent beyond this changes nothing: the number is out of range, or rounds to 0. */
        const long long enough = 1000000;
        long long shift = PyOS_strtol(exponent + 1, NULL, 10);
        shift = shift > enough ? enough : shift < -enough ? -enough : shift;
        number->point += (Py_ssize_t)shift;
    }
    return 0;
}

static UInt128
power_of_ten(int exponent)
{
    UInt128 power = 1;

    for (int i = 0; i < exponent; i++) {
        power *= 10;
    }
    return power;
}

static int
raise_too_many_digits(const Columns *columns, const Column *column)
{
    return raise_conversion_error(columns, column, "number has too many digits for %U",
                                  column->type);
}

int
check_decimal128(const Columns *columns, const Column *column, int64_t row, int64_t count,
                 int64_t *failed)
{
    const Int128 limit = (Int128)power_of_ten(column->precision);

    for (int64_t i = row; i < row + count; i++) {
        Int128 unscaled;
        memcpy(&unscaled, column_values(columns, column) + (size_t)i * sizeof(unscaled),
               sizeof(unscaled));
        if (unscaled <= -limit || unscaled >= limit) {
            *failed = i;
            return raise_too_many_digits(columns, column);
        }
    }
    return 0;
}

/* Fills *unscaled with number * 10^scale, rounded half up as Flink's CAST does. Returns 0, or -1
   without an exception where it has more than precision digits. */
static int
unscaled_from_text(const DecimalText *number, int precision, int scale, Int128 *unscaled)
{
    const UInt128 limit = power_of_ten(precision);
    UInt128 result = 0;
    Py_ssize_t kept = number->point + scale;
    Py_ssize_t position = 0;
    bool round_up = false;
    for (Py_ssize_t i = 0; i < number->length; i++) {
        if (number->digits[i] == '.') {
            continue;
        }
        int digit = number->digits[i] - '0';
        if (position >= kept) {
            round_up = position == kept && digit >= 5;
            break;
        }
        result = result * 10 + (UInt128)digit;
        if (result >= limit) {
            return -1;
        }
        position++;
    }
    for (; position < kept && result != 0; position++) {
        result *= 10;
        if (result >= limit) {
            return -1;
        }
    }
    result += round_up ? 1 : 0;
    if (result >= limit) {
        return -1;
    }
    *unscaled = number->negative ? -(Int128)result : (Int128)result;
    return 0;
}

/* Returns a new str with the digits of value, or NULL with an exception set. Borrows value. */
static PyObject *
text_from_number(Columns *columns, Column *column, PyObject *value)
{
    PyTypeObject *decimal_type = columns->state->decimal_type;

    if (PyObject_TypeCheck(value, decimal_type)) {
        return decimal_type->tp_str(value);
    }
    if (is_numpy_bool(value)) {
        int truth = PyObject_IsTrue(value);
        return truth < 0 ? NULL : PyUnicode_FromString(truth ? "1" : "0");
    }
    if (!PyIndex_Check(value)) {
        raise_wrong_type(columns, column, value);
        return NULL;
    }
    PyObject *index = PyNumber_Index(value);
    if (index == NULL) {
        return NULL;
    }
    PyObject *text = PyLong_Type.tp_repr(index);
    Py_DECREF(index);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        raise_conversion_error(columns, column, "int out of range of %U", column->type);
    }
    return text;
}

int
write_decimal128(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    DecimalText number;
    Int128 unscaled;
    int status = WRITE_FAILED;

    PyObject *text = text_from_number(columns, column, value);
    if (text == NULL) {
        return WRITE_FAILED;
    }
    const char *digits = PyUnicode_AsUTF8(text);
    if (digits == NULL) {
        goto done;
    }
    if (parse_decimal_text(digits, &number) < 0) {
        raise_conversion_error(columns, column, "a Decimal that is not finite cannot be a %U",
                               column->type);
        goto done;
    }
    if (unscaled_from_text(&number, column->precision, column->scale, &unscaled) < 0) {
        raise_too_many_digits(columns, column);
        goto done;
    }
    memcpy(column_values(columns, column) + (size_t)row * sizeof(unscaled), &unscaled,
           sizeof(unscaled));
    status = WRITE_VALUE;
done:
    Py_DECREF(text);
    return status;
}
