/* SPDX-License-Identifier: Apache-2.0 */
/* The table of Arrow types: for each, how its values are stored, converted and checked. */

#include "codec_table.h"

#include "codec_decimal.h"
#include "codec_nested.h"
#include "codec_number.h"
#include "codec_text.h"
#include "codec_time.h"

#include <stdlib.h>

static const Codec codecs[] = {
    {"b", KIND_BOOLEAN, FIXED_WIDTH, 1, read_bool, write_bool, NULL, NULL, 0},
    {"c", KIND_INTEGER, FIXED_WIDTH, 8, read_int8, write_int8, NULL, "i1", 0},
    {"s", KIND_INTEGER, FIXED_WIDTH, 16, read_int16, write_int16, NULL, "i2", 0},
    {"i", KIND_INTEGER, FIXED_WIDTH, 32, read_int32, write_int32, NULL, "i4", 0},
    {"l", KIND_INTEGER, FIXED_WIDTH, 64, read_int64, write_int64, NULL, "i8", 0},
    {"f", KIND_FLOATING_POINT, FIXED_WIDTH, 32, read_float, write_float, NULL, "f4", 0},
    {"g", KIND_FLOATING_POINT, FIXED_WIDTH, 64, read_double, write_double, NULL, "f8", 0},
    {"u", KIND_TEXT, VARIABLE_WIDTH, 32, read_utf8, write_utf8, check_utf8, NULL, 0},
    {"z", KIND_BINARY, VARIABLE_WIDTH, 32, read_binary, write_binary, check_binary, NULL, 0},
    {"tdD", KIND_DATE, FIXED_WIDTH, 32, read_date32, write_date32, check_date32, NULL, 0},
    {"ttm", KIND_TIME, FIXED_WIDTH, 32, read_time32, write_time32, check_time32, NULL,
     MILLIS_PER_SECOND},
    {"tsm", KIND_TIMESTAMP, FIXED_WIDTH, 64, read_timestamp, write_timestamp, check_timestamp, NULL,
     MILLIS_PER_SECOND},
    {"tsu", KIND_TIMESTAMP, FIXED_WIDTH, 64, read_timestamp, write_timestamp, check_timestamp, NULL,
     MICROS_PER_SECOND},
    {"tsn", KIND_TIMESTAMP, FIXED_WIDTH, 64, read_timestamp, write_timestamp, check_timestamp, NULL,
     NANOS_PER_SECOND},
    {"d", KIND_DECIMAL, FIXED_WIDTH, 128, read_decimal128, write_decimal128, check_decimal128, NULL,
     0},
    {"+l", KIND_LIST, LIST, 32, read_list, write_list, NULL, NULL, 0},
    {"+m", KIND_MAP, LIST, 32, read_map, write_map, NULL, NULL, 0},
    {"+s", KIND_STRUCT, STRUCT, 0, read_struct, write_struct, NULL, NULL, 0},
};

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
        if (codec->kind == KIND_DECIMAL && parse_decimal(column, parameters) < 0) {
            break;
        }
        column->utc = codec->kind == KIND_TIMESTAMP && strcmp(parameters, "UTC") == 0;
        column->codec = codec;
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "column '%U': the Arrow format '%s' of %U is not supported",
                 column->path, format, column->type);
    return -1;
}
