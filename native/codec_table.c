/* The table of Arrow formats: for each, how its values are stored and converted. */

#include "column.h"

#include <stdlib.h>
#include <string.h>

static const Codec codecs[] = {
    {"b", 1, false, read_bool, write_bool},
    {"c", 8, false, read_int8, write_int8},
    {"s", 16, false, read_int16, write_int16},
    {"i", 32, false, read_int32, write_int32},
    {"l", 64, false, read_int64, write_int64},
    {"f", 32, false, read_float, write_float},
    {"g", 64, false, read_double, write_double},
    {"u", 32, true, read_utf8, write_utf8},
    {"z", 32, true, read_binary, write_binary},
    {"tdD", 32, false, read_date32, write_date32},
    {"ttm", 32, false, read_time32, write_time32},
    {"tsm", 64, false, read_timestamp, write_timestamp},
    {"tsu", 64, false, read_timestamp, write_timestamp},
    {"tsn", 64, false, read_timestamp, write_timestamp},
    {"d", 128, false, read_decimal128, write_decimal128},
};

static int64_t
ticks_per_second_of(char unit)
{
    switch (unit) {
    case 'm':
        return 1000;
    case 'u':
        return 1000000;
    default:
        return 1000000000;
    }
}

/* Fills precision and scale from "P,S" and returns 0, or returns -1. */
static int
parse_decimal(Column *column, const char *parameters)
{
    char *end;
    long precision = strtol(parameters, &end, 10);

    if (end == parameters || *end != ',') {
        return -1;
    }
    const char *scale_text = end + 1;
    long scale = strtol(scale_text, &end, 10);
    if (end == scale_text || *end != '\0' || precision < 1 || precision > 38 || scale < 0 ||
        scale > precision) {
        return -1;
    }
    column->precision = (int)precision;
    column->scale = (int)scale;
    return 0;
}

int
column_set_format(Column *column, const char *format)
{
    size_t length = strcspn(format, ":");
    const char *parameters = format[length] == ':' ? format + length + 1 : "";

    for (size_t i = 0; i < Py_ARRAY_LENGTH(codecs); i++) {
        const Codec *codec = &codecs[i];
        if (strlen(codec->format) != length || strncmp(codec->format, format, length) != 0) {
            continue;
        }
        if (codec->write == write_decimal128 && parse_decimal(column, parameters) < 0) {
            break;
        }
        if (codec->write == write_timestamp) {
            column->ticks_per_second = ticks_per_second_of(format[2]);
            column->utc = strcmp(parameters, "UTC") == 0;
        }
        if (codec->write == write_time32) {
            column->ticks_per_second = 1000;
        }
        column->codec = codec;
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "column '%U': the Arrow format '%s' of %U is not supported",
                 column->name, format, column->type);
    return -1;
}
