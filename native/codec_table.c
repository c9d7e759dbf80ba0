/* The table of Arrow formats: for each, how its values are stored and converted. */

#include "column.h"

#include <stdlib.h>

static const Codec codecs[] = {
    {"b", 1, FIXED_WIDTH, read_bool, write_bool, NULL, NULL},
    {"c", 8, FIXED_WIDTH, read_int8, write_int8, "i1", "b"},
    {"s", 16, FIXED_WIDTH, read_int16, write_int16, "i2", "h"},
    {"i", 32, FIXED_WIDTH, read_int32, write_int32, "i4", "il"},
    {"l", 64, FIXED_WIDTH, read_int64, write_int64, "i8", "lq"},
    {"f", 32, FIXED_WIDTH, read_float, write_float, "f4", "f"},
    {"g", 64, FIXED_WIDTH, read_double, write_double, "f8", "d"},
    {"u", 32, VARIABLE_WIDTH, read_utf8, write_utf8, NULL, NULL},
    {"z", 32, VARIABLE_WIDTH, read_binary, write_binary, NULL, NULL},
    {"tdD", 32, FIXED_WIDTH, read_date32, write_date32, NULL, NULL},
    {"ttm", 32, FIXED_WIDTH, read_time32, write_time32, NULL, NULL},
    {"tsm", 64, FIXED_WIDTH, read_timestamp, write_timestamp, NULL, NULL},
    {"tsu", 64, FIXED_WIDTH, read_timestamp, write_timestamp, NULL, NULL},
    {"tsn", 64, FIXED_WIDTH, read_timestamp, write_timestamp, NULL, NULL},
    {"d", 128, FIXED_WIDTH, read_decimal128, write_decimal128, NULL, NULL},
    {"+l", 32, LIST, read_list, write_list, NULL, NULL},
    {"+m", 32, LIST, read_map, write_map, NULL, NULL},
    {"+s", 0, STRUCT, read_struct, write_struct, NULL, NULL},
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
                 column->path, format, column->type);
    return -1;
}
