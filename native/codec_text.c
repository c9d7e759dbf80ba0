/* SPDX-License-Identifier: Apache-2.0 */
/* CHAR, VARCHAR and STRING; BINARY, VARBINARY and BYTES. */

#include "codec_text.h"

#include "conversion_error.h"
#include "memory.h"

/* Fills the start and size of a variable-width value. */
static void
locate(const Source *source, const Column *column, int64_t row, const char **start,
       Py_ssize_t *size)
{
    const uint8_t *data = column->data;
    int32_t offset = offset_at(source->arena, column, row);

    if (source->data != NULL) {
        data = source->data;
        for (const Column *other = source->columns->columns; other < column; other++) {
            data += other->codec->layout == VARIABLE_WIDTH ? offset_at(source->arena, other, 1) : 0;
        }
    }
    *start = (const char *)data + offset;
    *size = offset_at(source->arena, column, row + 1) - offset;
}

static bool
is_ascii(const char *text, Py_ssize_t size)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    uint64_t word;

    if (size < (Py_ssize_t)sizeof(word)) {
        unsigned char all = 0;
        for (Py_ssize_t i = 0; i < size; i++) {
            all |= (unsigned char)text[i];
        }
        return all < 0x80;
    }
    for (Py_ssize_t i = 0; i < size - (Py_ssize_t)sizeof(word); i += (Py_ssize_t)sizeof(word)) {
        memcpy(&word, text + i, sizeof(word));
        if ((word & high_bits) != 0) {
            return false;
        }
    }
    memcpy(&word, text + size - sizeof(word), sizeof(word)); /* overlaps the last one */
    return (word & high_bits) == 0;
}

/* Returns a new str, or NULL with an exception set. CPython has the texts of one character. */
static PyObject *
text_from_utf8(const char *start, Py_ssize_t size)
{
    if (size < 2 || !is_ascii(start, size)) {
        return PyUnicode_DecodeUTF8(start, size, NULL);
    }
    PyObject *text = PyUnicode_New(size, 0x7f);
    if (text != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(text), start, (size_t)size);
    }
    return text;
}

static int
raise_invalid_utf8(const Columns *columns, const Column *column)
{
    PyErr_Clear();
    return raise_conversion_error(columns, column, "the value is not valid UTF-8");
}

/* Returns 0, or -1 with an exception set where a value is longer than the column's type. */
static int
check_length(const Columns *columns, const Column *column, int64_t length)
{
    if (length <= column->length) {
        return 0;
    }
    return raise_conversion_error(
        columns, column, "a value of %lld %s is too long for %U", (long long)length,
        column->codec->kind == KIND_TEXT ? "characters" : "bytes", column->type);
}

PyObject *
read_utf8(const Source *source, const Column *column, int64_t row)
{
    const char *start;
    Py_ssize_t size;

    locate(source, column, row, &start, &size);
    PyObject *text = text_from_utf8(start, size);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        raise_invalid_utf8(source->columns, column);
    }
    return text;
}

PyObject *
read_binary(const Source *source, const Column *column, int64_t row)
{
    const char *start;
    Py_ssize_t size;

    locate(source, column, row, &start, &size);
    return PyBytes_FromStringAndSize(start, size);
}

int
write_utf8(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    Py_ssize_t size;

    if (!PyUnicode_Check(value)) {
        return raise_wrong_type(columns, column, value);
    }
    if (check_length(columns, column, PyUnicode_GET_LENGTH(value)) < 0) {
        return WRITE_FAILED;
    }
    if (PyUnicode_IS_COMPACT_ASCII(value)) {
        return columns_append_bytes(columns, column, row, PyUnicode_1BYTE_DATA(value),
                                    PyUnicode_GET_LENGTH(value));
    }
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == NULL) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            PyErr_Clear();
            raise_conversion_error(columns, column,
                                   "str has a lone surrogate, which UTF-8 cannot represent");
        }
        return WRITE_FAILED;
    }
    return columns_append_bytes(columns, column, row, text, size);
}

int
write_binary(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    Py_buffer view;

    if (!PyBytes_Check(value) && !PyByteArray_Check(value) && !PyMemoryView_Check(value)) {
        return raise_wrong_type(columns, column, value);
    }
    if (PyObject_GetBuffer(value, &view, PyBUF_CONTIG_RO) < 0) {
        return WRITE_FAILED;
    }
    int status = check_length(columns, column, view.len) < 0
                     ? WRITE_FAILED
                     : columns_append_bytes(columns, column, row, view.buf, view.len);
    PyBuffer_Release(&view);
    return status;
}

/* Checks that a text is UTF-8 of no more characters than the column holds. Returns 0, or -1 with an
   exception set. */
static int
check_text(const Columns *columns, const Column *column, const char *text, Py_ssize_t size)
{
    if (is_ascii(text, size)) {
        return check_length(columns, column, size);
    }
    PyObject *decoded = PyUnicode_DecodeUTF8(text, size, NULL);
    if (decoded == NULL) {
        return PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)
                   ? raise_invalid_utf8(columns, column)
                   : -1;
    }
    int status = check_length(columns, column, PyUnicode_GET_LENGTH(decoded));
    Py_DECREF(decoded);
    return status;
}

int
check_utf8(const Columns *columns, const Column *column, int64_t row, int64_t count,
           int64_t *failed)
{
    const Source source = source_of(columns);

    for (int64_t i = row; i < row + count; i++) {
        const char *text;
        Py_ssize_t size;
        locate(&source, column, i, &text, &size);
        if (check_text(columns, column, text, size) < 0) {
            *failed = i;
            return -1;
        }
    }
    return 0;
}

int
check_binary(const Columns *columns, const Column *column, int64_t row, int64_t count,
             int64_t *failed)
{
    const Source source = source_of(columns);

    for (int64_t i = row; i < row + count; i++) {
        const char *bytes;
        Py_ssize_t size;
        locate(&source, column, i, &bytes, &size);
        if (check_length(columns, column, size) < 0) {
            *failed = i;
            return -1;
        }
    }
    return 0;
}
