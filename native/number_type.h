/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of each width. */
#ifndef PYFLINK_ML_EMBEDDED_NUMBER_TYPE_H
#define PYFLINK_ML_EMBEDDED_NUMBER_TYPE_H

#include "native.h"

/* How numbers at a distance of stride bytes are read into contiguous memory. */
typedef struct {
    char arrow;        /* format of the Arrow C Data Interface */
    const char *items; /* formats in the struct module, each one character */
    int size;          /* in bytes */
    /* Returns how many were read: fewer than count where the next does not fit. NULL for floats. */
    Py_ssize_t (*read_integers)(const char *from, Py_ssize_t stride, Py_ssize_t count, int64_t *to);
    void (*read_doubles)(const char *from, Py_ssize_t stride, Py_ssize_t count, double *to);
} NumberType;

/* Return NULL without an exception where the format is not that of a number. */
const NumberType *number_type_of_arrow(const char *format);
const NumberType *number_type_of_items(const char *format, Py_ssize_t size);

#endif
