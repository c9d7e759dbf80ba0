/* CHAR, VARCHAR and STRING; BINARY, VARBINARY and BYTES. */

#include "column.h"

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

PyObject *
read_utf8(const Source *source, const Column *column, int64_t row)
{
    const char *start;
    Py_ssize_t size;

    locate(source, column, row, &start, &size);
    PyObject *text = PyUnicode_DecodeUTF8(start, size, NULL);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        raise_conversion_error(source->columns, column, "the value is no valid UTF-8");
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
    if (PyUnicode_GET_LENGTH(value) > column->length) {
        return raise_conversion_error(columns, column, "str of %zd characters is too long for %U",
                                      PyUnicode_GET_LENGTH(value), column->type);
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
    int status;
    if (view.len > column->length) {
        status = raise_conversion_error(columns, column, "%.200s of %zd bytes is too long for %U",
                                        Py_TYPE(value)->tp_name, view.len, column->type);
    }
    else {
        status = columns_append_bytes(columns, column, row, view.buf, view.len);
    }
    PyBuffer_Release(&view);
    return status;
}
