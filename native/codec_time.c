/* SPDX-License-Identifier: Apache-2.0 */
/* DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. */

#include "codec_time.h"

#include "conversion_error.h"
#include "python_util.h"

#include <datetime.h>

#define SECONDS_PER_DAY 86400
#define NANOS_PER_MICRO 1000

/* Days from 0001-01-01 and to 9999-12-31, the years of Python's datetime, from 1970-01-01. */
#define FIRST_DAY (-719162)
#define LAST_DAY 2932896

int
codec_time_import(void)
{
    PyDateTime_IMPORT;
    return PyDateTimeAPI == NULL ? -1 : 0;
}

typedef struct {
    int year;
    int month;
    int day;
} CivilDate;

/* Returns the day in the proleptic Gregorian calendar. By the algorithm days_from_civil and its
   inverse of Howard Hinnant, 'chrono-Compatible Low-Level Date Algorithms'. */
static CivilDate
civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int day_of_era = (int)(days - era * 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;
    CivilDate date;
    date.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    date.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    date.year = (int)(year_of_era + era * 400) + (date.month <= 2 ? 1 : 0);
    return date;
}

static int64_t
days_from_civil(int year, int month, int day)
{
    int64_t shifted_year = year - (month <= 2 ? 1 : 0);
    int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
    int year_of_era = (int)(shifted_year - era * 400);
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* Returns the quotient rounded down, and fills *rest, which is not negative. */
static int64_t
floor_divide(int64_t number, int64_t divisor, int64_t *rest)
{
    int64_t quotient = number / divisor;
    *rest = number % divisor;
    if (*rest < 0) {
        *rest += divisor;
        quotient--;
    }
    return quotient;
}

static int
check_day(const Columns *columns, const Column *column, int64_t day)
{
    if (day < FIRST_DAY || day > LAST_DAY) {
        return raise_conversion_error(
            columns, column, "the %U is outside of the years 1 to 9999 of Python's datetime",
            column->type);
    }
    return 0;
}

PyObject *
read_date32(const Source *source, const Column *column, int64_t row)
{
    int32_t day;
    memcpy(&day, source_values(source, column) + (size_t)row * sizeof(day), sizeof(day));
    if (check_day(source->columns, column, day) < 0) {
        return NULL;
    }
    CivilDate date = civil_from_days(day);
    return PyDate_FromDate(date.year, date.month, date.day);
}

PyObject *
read_time32(const Source *source, const Column *column, int64_t row)
{
    int32_t ticks;
    memcpy(&ticks, source_values(source, column) + (size_t)row * sizeof(ticks), sizeof(ticks));
    int per_second = (int)column->codec->ticks_per_second;
    int seconds = ticks / per_second;
    int micros = ticks % per_second * (MICROS_PER_SECOND / per_second);
    return PyTime_FromTime(seconds / 3600, seconds / 60 % 60, seconds % 60, micros);
}

PyObject *
read_timestamp(const Source *source, const Column *column, int64_t row)
{
    const int64_t per_second = column->codec->ticks_per_second;
    int64_t ticks;
    int64_t fraction;
    int64_t second_of_day;

    memcpy(&ticks, source_values(source, column) + (size_t)row * sizeof(ticks), sizeof(ticks));
    int64_t seconds = floor_divide(ticks, per_second, &fraction);
    int64_t day = floor_divide(seconds, SECONDS_PER_DAY, &second_of_day);
    if (check_day(source->columns, column, day) < 0) {
        return NULL;
    }
    CivilDate date = civil_from_days(day);
    int second = (int)second_of_day;
    int micros = per_second >= MICROS_PER_SECOND
                     ? (int)(fraction / (per_second / MICROS_PER_SECOND))
                     : (int)(fraction * (MICROS_PER_SECOND / per_second));
    return PyDateTimeAPI->DateTime_FromDateAndTime(
        date.year, date.month, date.day, second / 3600, second / 60 % 60, second % 60, micros,
        column->utc ? PyDateTime_TimeZone_UTC : Py_None, PyDateTimeAPI->DateTimeType);
}

/* Fills *number with int(value.astype(unit).astype("int64")), value being a numpy.datetime64.
   Returns 0, or -1 with an exception set. */
static int
datetime64_as(PyObject *value, const char *unit, int64_t *number)
{
    PyObject *converted = PyObject_CallMethod(value, "astype", "s", unit);
    if (converted == NULL) {
        return -1;
    }
    PyObject *scalar = PyObject_CallMethod(converted, "astype", "s", "int64");
    Py_DECREF(converted);
    if (scalar == NULL) {
        return -1;
    }
    PyObject *index = PyNumber_Index(scalar);
    Py_DECREF(scalar);
    if (index == NULL) {
        return -1;
    }
    *number = PyLong_AsLongLong(index);
    Py_DECREF(index);
    return *number == -1 && PyErr_Occurred() ? -1 : 0;
}

/* NaT, in numpy's integers. */
#define NOT_A_TIME INT64_MIN

/* Whether value is pandas.NaT, a datetime whose fields mean nothing: alone among datetimes it does
   not equal itself. Returns 1, 0, or -1 with an exception set. */
static int
is_not_a_time(PyObject *value)
{
    PyObject *answer = PyObject_RichCompare(value, value, Py_NE);
    if (answer == NULL) {
        return -1;
    }
    int truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return truth;
}

int
write_date32(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int32_t day;

    if (PyDate_Check(value) && !PyDateTime_Check(value)) {
        day = (int32_t)days_from_civil(PyDateTime_GET_YEAR(value), PyDateTime_GET_MONTH(value),
                                       PyDateTime_GET_DAY(value));
    }
    else if (has_type_name(value, "numpy.datetime64")) {
        int64_t days;
        int64_t seconds;
        if (datetime64_as(value, "datetime64[D]", &days) < 0 ||
            datetime64_as(value, "datetime64[s]", &seconds) < 0) {
            return WRITE_FAILED;
        }
        if (days == NOT_A_TIME) {
            return WRITE_NULL;
        }
        if (check_day(columns, column, days) < 0) {
            return WRITE_FAILED;
        }
        if (seconds != days * SECONDS_PER_DAY) {
            return raise_conversion_error(columns, column,
                                          "a numpy.datetime64 with a time of day cannot be a %U",
                                          column->type);
        }
        day = (int32_t)days;
    }
    else if (PyDateTime_Check(value)) {
        int missing = is_not_a_time(value);
        return missing == 1   ? WRITE_NULL
               : missing == 0 ? raise_wrong_type(columns, column, value)
                              : WRITE_FAILED;
    }
    else {
        return raise_wrong_type(columns, column, value);
    }
    memcpy(column_values(columns, column) + (size_t)row * sizeof(day), &day, sizeof(day));
    return WRITE_VALUE;
}

int
write_time32(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    if (!PyTime_Check(value)) {
        return raise_wrong_type(columns, column, value);
    }
    if (PyDateTime_TIME_GET_TZINFO(value) != Py_None) {
        return raise_conversion_error(columns, column, "a time with tzinfo cannot be a %U",
                                      column->type);
    }
    int64_t seconds = PyDateTime_TIME_GET_HOUR(value) * 3600 +
                      PyDateTime_TIME_GET_MINUTE(value) * 60 + PyDateTime_TIME_GET_SECOND(value);
    int64_t per_second = column->codec->ticks_per_second;
    int32_t ticks = (int32_t)(seconds * per_second + PyDateTime_TIME_GET_MICROSECOND(value) *
                                                         per_second / MICROS_PER_SECOND);
    ticks -= ticks % (int32_t)column->ticks_kept;
    memcpy(column_values(columns, column) + (size_t)row * sizeof(ticks), &ticks, sizeof(ticks));
    return WRITE_VALUE;
}

/* Takes value.utcoffset() from *seconds and *micros, which count from 1970-01-01 00:00:00 in the
   zone of value. Returns 0, or -1 with an exception set. */
static int
subtract_utc_offset(const Columns *columns, const Column *column, PyObject *value, int64_t *seconds,
                    int64_t *micros)
{
    PyObject *zone = PyDateTime_DATE_GET_TZINFO(value);
    if (zone == PyDateTime_TimeZone_UTC) {
        return 0;
    }
    PyObject *offset = PyObject_CallMethod(value, "utcoffset", NULL);
    if (offset == NULL) {
        return raise_conversion_error_from(columns, column, "utcoffset() of %.200s failed",
                                           Py_TYPE(value)->tp_name);
    }
    if (!PyDelta_Check(offset)) {
        Py_DECREF(offset);
        return raise_conversion_error(
            columns, column,
            "a %U needs a datetime with tzinfo, such as datetime.now(timezone.utc)", column->type);
    }
    *seconds -= (int64_t)PyDateTime_DELTA_GET_DAYS(offset) * SECONDS_PER_DAY +
                PyDateTime_DELTA_GET_SECONDS(offset);
    *micros -= PyDateTime_DELTA_GET_MICROSECONDS(offset);
    Py_DECREF(offset);
    return 0;
}

/* Fills *nanos with the nanoseconds that a pandas.Timestamp has below the microsecond, else 0.
   Returns 0, or -1 with an exception set. */
static int
nanoseconds_of(PyObject *value, int64_t *nanos)
{
    *nanos = 0;
    PyObject *attribute;
    int status = find_attribute(value, "nanosecond", &attribute);
    if (status != 1) {
        return status;
    }
    *nanos = PyLong_AsLong(attribute);
    Py_DECREF(attribute);
    if (*nanos == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (*nanos < 0 || *nanos >= NANOS_PER_MICRO) {
        PyErr_SetString(PyExc_ValueError, "nanosecond must be from 0 to 999");
        return -1;
    }
    return 0;
}

static int
raise_out_of_range(const Columns *columns, const Column *column)
{
    if (column->codec->ticks_per_second == NANOS_PER_SECOND) {
        return raise_conversion_error(
            columns, column,
            "datetime out of range of %U, which counts nanoseconds from 1677-09-21 to 2262-04-11",
            column->type);
    }
    return raise_conversion_error(
        columns, column, "datetime out of range of %U, which counts %s in 64 bits", column->type,
        column->codec->ticks_per_second == MICROS_PER_SECOND ? "microseconds" : "milliseconds");
}

/* Cuts *ticks to the precision of the column, towards the past. Returns 0, or -1 with an exception
   set. */
static int
cut_ticks(const Columns *columns, const Column *column, int64_t *ticks)
{
    int64_t cut;

    floor_divide(*ticks, column->ticks_kept, &cut);
    return __builtin_sub_overflow(*ticks, cut, ticks) ? raise_out_of_range(columns, column) : 0;
}

/* Fills *ticks and returns 0, or returns -1 with an exception set. */
static int
ticks_from_parts(const Columns *columns, const Column *column, int64_t seconds, int64_t nanos,
                 int64_t *ticks)
{
    int64_t scaled;

    if (__builtin_mul_overflow(seconds, column->codec->ticks_per_second, &scaled) ||
        __builtin_add_overflow(scaled, nanos / (NANOS_PER_SECOND / column->codec->ticks_per_second),
                               ticks)) {
        return raise_out_of_range(columns, column);
    }
    return 0;
}

/* Fills *ticks from a datetime. Returns as a WriteValue does. */
static int
ticks_from_datetime(const Columns *columns, const Column *column, PyObject *value, int64_t *ticks)
{
    int64_t nanos = 0;

    if (!PyDateTime_CheckExact(value)) {
        int missing = is_not_a_time(value);
        if (missing != 0) {
            return missing == 1 ? WRITE_NULL : WRITE_FAILED;
        }
        if (nanoseconds_of(value, &nanos) < 0) {
            return WRITE_FAILED;
        }
    }
    int64_t seconds = days_from_civil(PyDateTime_GET_YEAR(value), PyDateTime_GET_MONTH(value),
                                      PyDateTime_GET_DAY(value)) *
                      SECONDS_PER_DAY;
    seconds += PyDateTime_DATE_GET_HOUR(value) * 3600 + PyDateTime_DATE_GET_MINUTE(value) * 60 +
               PyDateTime_DATE_GET_SECOND(value);
    int64_t micros = PyDateTime_DATE_GET_MICROSECOND(value);
    if (column->utc) {
        if (subtract_utc_offset(columns, column, value, &seconds, &micros) < 0) {
            return WRITE_FAILED;
        }
    }
    else if (PyDateTime_DATE_GET_TZINFO(value) != Py_None) {
        return raise_conversion_error(
            columns, column, "a datetime with tzinfo cannot be a %U; use TIMESTAMP_LTZ or drop it",
            column->type);
    }
    if (micros < 0) {
        micros += MICROS_PER_SECOND;
        seconds--;
    }
    return ticks_from_parts(columns, column, seconds, micros * NANOS_PER_MICRO + nanos, ticks);
}

/* As datetime64_as, with the column's error where numpy's integers cannot hold the number.
   numpy 2.5 raises OverflowError; before, it wraps. */
static int
datetime64_in_range(const Columns *columns, const Column *column, PyObject *value, const char *unit,
                    int64_t *number)
{
    if (datetime64_as(value, unit, number) == 0) {
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_OverflowError)) {
        return -1;
    }
    PyErr_Clear();
    return raise_out_of_range(columns, column);
}

/* Fills *ticks from a numpy.datetime64. Returns as a WriteValue does. */
static int
ticks_from_datetime64(const Columns *columns, const Column *column, PyObject *value, int64_t *ticks)
{
    int64_t seconds;

    /* numpy may wrap silently where a unit is too fine for the year: seconds never do. */
    if (datetime64_in_range(columns, column, value, "datetime64[s]", &seconds) < 0) {
        return WRITE_FAILED;
    }
    if (seconds == NOT_A_TIME) {
        return WRITE_NULL;
    }
    if (ticks_from_parts(columns, column, seconds, NANOS_PER_SECOND - 1, ticks) < 0 ||
        ticks_from_parts(columns, column, seconds, 0, ticks) < 0) {
        return WRITE_FAILED;
    }
    int64_t per_second = column->codec->ticks_per_second;
    const char *unit = per_second == MILLIS_PER_SECOND   ? "datetime64[ms]"
                       : per_second == MICROS_PER_SECOND ? "datetime64[us]"
                                                         : "datetime64[ns]";
    return datetime64_in_range(columns, column, value, unit, ticks);
}

int
write_timestamp(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int64_t ticks = 0;
    int status;

    if (PyDateTime_Check(value)) {
        status = ticks_from_datetime(columns, column, value, &ticks);
    }
    else if (has_type_name(value, "numpy.datetime64")) {
        status = ticks_from_datetime64(columns, column, value, &ticks);
    }
    else {
        return raise_wrong_type(columns, column, value);
    }
    if (status == WRITE_VALUE) {
        if (cut_ticks(columns, column, &ticks) < 0) {
            return WRITE_FAILED;
        }
        memcpy(column_values(columns, column) + (size_t)row * sizeof(ticks), &ticks, sizeof(ticks));
    }
    return status;
}

int
check_date32(const Columns *columns, const Column *column, int64_t row, int64_t count,
             int64_t *failed)
{
    for (int64_t i = row; i < row + count; i++) {
        int32_t day;
        memcpy(&day, column_values(columns, column) + (size_t)i * sizeof(day), sizeof(day));
        if (check_day(columns, column, day) < 0) {
            *failed = i;
            return -1;
        }
    }
    return 0;
}

int
check_time32(const Columns *columns, const Column *column, int64_t row, int64_t count,
             int64_t *failed)
{
    const int64_t end_of_day = SECONDS_PER_DAY * column->codec->ticks_per_second;

    for (int64_t i = row; i < row + count; i++) {
        uint8_t *value = column_values(columns, column) + (size_t)i * sizeof(int32_t);
        int32_t ticks;
        memcpy(&ticks, value, sizeof(ticks));
        if (ticks < 0 || ticks >= end_of_day) {
            *failed = i;
            return raise_conversion_error(columns, column, "the %U is not a time of day",
                                          column->type);
        }
        ticks -= ticks % (int32_t)column->ticks_kept;
        memcpy(value, &ticks, sizeof(ticks));
    }
    return 0;
}

int
check_timestamp(const Columns *columns, const Column *column, int64_t row, int64_t count,
                int64_t *failed)
{
    for (int64_t i = row; column->ticks_kept > 1 && i < row + count; i++) {
        uint8_t *value = column_values(columns, column) + (size_t)i * sizeof(int64_t);
        int64_t ticks;
        memcpy(&ticks, value, sizeof(ticks));
        if (cut_ticks(columns, column, &ticks) < 0) {
            *failed = i;
            return -1;
        }
        memcpy(value, &ticks, sizeof(ticks));
    }
    return 0;
}
