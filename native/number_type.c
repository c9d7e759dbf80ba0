/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of each width, read into int64 or double. */

#include "number_type.h"

/* Returns the value of IEEE 754's binary16. */
static double
double_from_half(uint16_t half)
{
    uint32_t exponent = (half >> 10) & 0x1f;
    uint32_t fraction = half & 0x3ff;
    uint32_t bits;
    float number;

    if (exponent == 0) {
        number = (float)fraction / (1 << 24);
        return half >> 15 ? -number : number;
    }
    bits = (uint32_t)(half >> 15) << 31 | (exponent == 31 ? 255 : exponent + 112) << 23 |
           fraction << 13;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

/* The stride of contiguous numbers is written out so that the compiler makes vectors of them. */
#define READ_ALL(TYPE, CONVERT, TO)                                                                \
    if (stride == sizeof(TYPE)) {                                                                  \
        for (Py_ssize_t i = 0; i < count; i++) {                                                   \
            TYPE number;                                                                           \
            memcpy(&number, from + i * (Py_ssize_t)sizeof(TYPE), sizeof(TYPE));                    \
            to[i] = (TO)CONVERT(number);                                                           \
        }                                                                                          \
    }                                                                                              \
    else {                                                                                         \
        for (Py_ssize_t i = 0; i < count; i++) {                                                   \
            TYPE number;                                                                           \
            memcpy(&number, from + i * stride, sizeof(TYPE));                                      \
            to[i] = (TO)CONVERT(number);                                                           \
        }                                                                                          \
    }

#define DEFINE_DOUBLES(NAME, TYPE, CONVERT)                                                        \
    static void doubles_from_##NAME(const char *from, Py_ssize_t stride, Py_ssize_t count,         \
                                    double *to)                                                    \
    {                                                                                              \
        READ_ALL(TYPE, CONVERT, double)                                                            \
    }

#define DEFINE_INTEGERS(NAME, TYPE)                                                                \
    DEFINE_DOUBLES(NAME, TYPE, )                                                                   \
    static Py_ssize_t integers_from_##NAME(const char *from, Py_ssize_t stride, Py_ssize_t count,  \
                                           int64_t *to)                                            \
    {                                                                                              \
        READ_ALL(TYPE, , int64_t)                                                                  \
        return count;                                                                              \
    }

DEFINE_INTEGERS(int8, int8_t)
DEFINE_INTEGERS(int16, int16_t)
DEFINE_INTEGERS(int32, int32_t)
DEFINE_INTEGERS(int64, int64_t)
DEFINE_INTEGERS(uint8, uint8_t)
DEFINE_INTEGERS(uint16, uint16_t)
DEFINE_INTEGERS(uint32, uint32_t)
DEFINE_DOUBLES(uint64, uint64_t, )
DEFINE_DOUBLES(half, uint16_t, double_from_half)
DEFINE_DOUBLES(float, float, )
DEFINE_DOUBLES(double, double, )

static Py_ssize_t
integers_from_uint64(const char *from, Py_ssize_t stride, Py_ssize_t count, int64_t *to)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        uint64_t number;
        memcpy(&number, from + i * stride, sizeof(number));
        if (number > INT64_MAX) {
            return i;
        }
        to[i] = (int64_t)number;
    }
    return count;
}

static const NumberType number_types[] = {
    {'c', "b", 1, integers_from_int8, doubles_from_int8},
    {'s', "h", 2, integers_from_int16, doubles_from_int16},
    {'i', "il", 4, integers_from_int32, doubles_from_int32},
    {'l', "lq", 8, integers_from_int64, doubles_from_int64},
    {'C', "B", 1, integers_from_uint8, doubles_from_uint8},
    {'S', "H", 2, integers_from_uint16, doubles_from_uint16},
    {'I', "IL", 4, integers_from_uint32, doubles_from_uint32},
    {'L', "LQ", 8, integers_from_uint64, doubles_from_uint64},
    {'e', "e", 2, NULL, doubles_from_half},
    {'f', "f", 4, NULL, doubles_from_float},
    {'g', "d", 8, NULL, doubles_from_double},
};

const NumberType *
number_type_of_arrow(const char *format)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(number_types); i++) {
        if (number_types[i].arrow == format[0] && format[1] == '\0') {
            return &number_types[i];
        }
    }
    return NULL;
}

const NumberType *
number_type_of_items(const char *format, Py_ssize_t size)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(number_types); i++) {
        if (number_types[i].size == size && format[0] != '\0' && format[1] == '\0' &&
            strchr(number_types[i].items, format[0]) != NULL) {
            return &number_types[i];
        }
    }
    return NULL;
}
