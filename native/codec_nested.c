/* SPDX-License-Identifier: Apache-2.0 */
/* ARRAY as Arrow's list, MAP and MULTISET as its map, ROW as its struct. */

#include "codec_nested.h"

#include "conversion_error.h"
#include "memory.h"
#include "number_type.h"
#include "python_util.h"
#include "record_to_arrow.h"
#include "row.h"
#include "value_to_arrow.h"

/* Fills the position of the elements of the value at row. */
static void
locate_elements(const Source *source, const Column *column, int64_t row, int64_t *start,
                Py_ssize_t *count)
{
    *start = offset_at(source->arena, column, row);
    *count = (Py_ssize_t)(offset_at(source->arena, column, row + 1) - *start);
}

/* Returns a new list of count elements, or NULL with an exception set. The garbage collector does
   not see it before it is complete: making a value may run its finalizers. */
static PyObject *
list_from_elements(const Columns *elements, int64_t start, Py_ssize_t count)
{
    Source source = source_of(elements);

    PyObject *list = PyList_New(count);
    if (list == NULL) {
        return NULL;
    }
    PyObject_GC_UnTrack(list);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value = value_from_arrow(&source, &elements->columns[0], start + i);
        if (value == NULL) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, value);
    }
    PyObject_GC_Track(list);
    return list;
}

/* Replaces the nulls among count numbers by NaN. Returns 0, or -1 with an exception set where the
   numbers are integers. */
static int
nulls_to_nan(const Columns *elements, int64_t start, Py_ssize_t count, char *numbers)
{
    const Column *element = &elements->columns[0];
    const uint8_t *validity = elements->arena + element->validity_offset;
    const double nan = Py_NAN;
    const float short_nan = (float)nan;

    for (Py_ssize_t i = 0; i < count; i++) {
        if ((start + i) % 8 == 0 && count - i >= 8 && validity[(start + i) / 8] == UINT8_MAX) {
            i += 7;
            continue;
        }
        if (bit_is_set(validity, start + i)) {
            continue;
        }
        if (element->codec->kind != KIND_FLOATING_POINT) {
            return raise_conversion_error(
                elements, element,
                "a numpy array of %U cannot hold a null; array_format = 'list' can", element->type);
        }
        if (element->codec->bit_width == 64) {
            memcpy(numbers + (size_t)i * sizeof(nan), &nan, sizeof(nan));
        }
        else {
            memcpy(numbers + (size_t)i * sizeof(short_nan), &short_nan, sizeof(short_nan));
        }
    }
    return 0;
}

/* Returns a new numpy array with a copy of count elements, or NULL with an exception set. */
static PyObject *
array_from_elements(const Columns *elements, PyObject *dtype, int64_t start, Py_ssize_t count)
{
    const Column *element = &elements->columns[0];
    size_t width = (size_t)element->codec->bit_width / 8;
    PyObject *array = NULL;

    const char *numbers = (const char *)column_values(elements, element) + (size_t)start * width;
    PyObject *copy = PyByteArray_FromStringAndSize(numbers, count * (Py_ssize_t)width);
    if (copy == NULL) {
        return NULL;
    }
    if (nulls_to_nan(elements, start, count, PyByteArray_AS_STRING(copy)) == 0) {
        PyObject *arguments[] = {copy, dtype};
        array = PyObject_Vectorcall(elements->state->numpy_frombuffer, arguments, 2, NULL);
    }
    Py_DECREF(copy);
    return array;
}

PyObject *
read_list(const Source *source, const Column *column, int64_t row)
{
    int64_t start;
    Py_ssize_t count;

    locate_elements(source, column, row, &start, &count);
    return column->dtype == NULL
               ? list_from_elements(column->elements, start, count)
               : array_from_elements(column->elements, column->dtype, start, count);
}

PyObject *
read_map(const Source *source, const Column *column, int64_t row)
{
    const Column *key_column = &column->elements->columns[1];
    const Column *value_column = key_column + key_column->span;
    Source entries = source_of(column->elements);
    int64_t start;
    Py_ssize_t count;
    bool is_tracked = false;

    locate_elements(source, column, row, &start, &count);
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < count; i++) {
        PyObject *value = NULL;
        PyObject *key = value_from_arrow(&entries, key_column, start + i);
        if (key == NULL || (value = value_from_arrow(&entries, value_column, start + i)) == NULL ||
            PyDict_SetItem(dict, key, value) < 0) {
            Py_CLEAR(dict);
        }
        else if (PyObject_GC_IsTracked(dict)) {
            /* A dict is tracked from its first container on: too early, as for a list. */
            PyObject_GC_UnTrack(dict);
            is_tracked = true;
        }
        Py_XDECREF(value);
        Py_XDECREF(key);
    }
    if (dict != NULL && is_tracked) {
        PyObject_GC_Track(dict);
    }
    return dict;
}

PyObject *
read_struct(const Source *source, const Column *column, int64_t row)
{
    const Column *field = column + 1;
    bool has_container = false;
    Row *result = row_new_empty(source->columns->state, column->field_names,
                                PyTuple_GET_SIZE(column->field_names));

    for (Py_ssize_t i = 0; result != NULL && i < Py_SIZE(result); i++) {
        if ((result->values[i] = value_from_arrow(source, field, row)) == NULL) {
            Py_CLEAR(result);
            break;
        }
        has_container = has_container || field->codec->layout == LIST || field->span > 1;
        field += field->span;
    }
    /* As in row_from_columns: without a container in it, it can be in no cycle. */
    if (result != NULL && has_container) {
        PyObject_GC_Track(result);
    }
    return (PyObject *)result;
}

/* Writes one element. Returns 0, or -1 with an exception set. Borrows value. */
static int
append_element(Column *column, int64_t index, PyObject *value)
{
    Columns *elements = column->elements;

    if (columns_reserve(elements, index + 1) < 0) {
        return -1;
    }
    return value_to_arrow(elements, &elements->columns[0], index, value);
}

/* Writes the items of a list or tuple, which code of the user may change meanwhile. Returns the
   index behind the last, or -1 with an exception set. Borrows items. */
static int64_t
append_items(Column *column, int64_t index, PyObject *items)
{
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        int status = append_element(column, index, item);
        Py_DECREF(item);
        if (status < 0) {
            return -1;
        }
        index++;
    }
    return index;
}

/* Whether an object of this exact type exports all its items as a buffer. */
static bool
is_plain_array(PyObject *value)
{
    return has_type_name(value, "numpy.ndarray") || has_type_name(value, "array.array") ||
           PyMemoryView_Check(value);
}

/* Fills numbers where value is an array of just the numbers of the codec. Returns whether it is;
   the caller then releases numbers. Borrows value. */
static bool
get_numbers(const Codec *codec, PyObject *value, Py_buffer *numbers)
{
    if (codec->dtype == NULL || !is_plain_array(value)) {
        return false;
    }
    if (PyObject_GetBuffer(value, numbers, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) {
        PyErr_Clear();
        return false;
    }
    const NumberType *type =
        number_type_of_items(numbers->format == NULL ? "B" : numbers->format, numbers->itemsize);
    if (numbers->ndim == 1 && type != NULL && type->arrow == codec->format[0]) {
        return true;
    }
    PyBuffer_Release(numbers);
    return false;
}

/* Copies numbers. Returns the index behind the last, or -1 with an exception set. */
static int64_t
append_numbers(Column *column, int64_t index, const Py_buffer *numbers)
{
    Columns *elements = column->elements;
    const Column *element = &elements->columns[0];
    int64_t count = numbers->len / numbers->itemsize;

    if (columns_reserve(elements, index + count) < 0) {
        return -1;
    }
    if (count > 0) {
        memcpy(column_values(elements, element) + (size_t)(index * numbers->itemsize), numbers->buf,
               (size_t)numbers->len);
    }
    set_bits(elements->arena + element->validity_offset, index, index + count);
    return index + count;
}

/* Whether value, a numpy array, exports its items. Those of times do not: their tolist() may give
   int, while the items are numpy.datetime64. */
static bool
has_buffer(PyObject *value)
{
    Py_buffer view;

    if (PyObject_GetBuffer(value, &view, PyBUF_FULL_RO) < 0) {
        PyErr_Clear();
        return false;
    }
    PyBuffer_Release(&view);
    return true;
}

/* Returns the items of an array of numpy, pandas, pyarrow and the like as a new list, or NULL with
   an exception set. Borrows value. */
static PyObject *
list_from_array(const Columns *columns, const Column *column, PyObject *value)
{
    bool has_scalars = has_type_name(value, "numpy.ndarray") &&
                       (column->elements->columns[0].codec->dtype == NULL || !has_buffer(value));
    PyObject *items = NULL;
    PyObject *method = NULL;

    if (has_scalars) {
        return PySequence_List(value);
    }
    if (find_attribute(value, "to_pylist", &method) < 0 ||
        (method == NULL && find_attribute(value, "tolist", &method) < 0)) {
        return NULL;
    }
    if (method == NULL) {
        raise_wrong_type(columns, column, value);
        return NULL;
    }
    items = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (items != NULL && !PyList_Check(items)) {
        raise_wrong_type(columns, column, value);
        Py_CLEAR(items);
    }
    return items;
}

/* Writes the elements of a value. Returns the index behind the last, or -1 with an exception set.
   Borrows value. */
static int64_t
append_elements(Columns *columns, Column *column, int64_t index, PyObject *value)
{
    Py_buffer numbers;

    if (PyList_Check(value) || PyTuple_Check(value)) {
        return append_items(column, index, value);
    }
    if (get_numbers(column->elements->columns[0].codec, value, &numbers)) {
        int64_t end = append_numbers(column, index, &numbers);
        PyBuffer_Release(&numbers);
        return end;
    }
    PyObject *items = list_from_array(columns, column, value);
    if (items == NULL) {
        return -1;
    }
    int64_t end = append_items(column, index, items);
    Py_DECREF(items);
    return end;
}

int
write_list(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int64_t end = append_elements(columns, column, offset_at(columns->arena, column, row), value);
    if (end < 0) {
        return WRITE_FAILED;
    }
    set_offset(columns, column, row + 1, (int32_t)end);
    return WRITE_VALUE;
}

/* Writes one entry. Returns 0, or -1 with an exception set. Borrows key and value. */
static int
append_entry(Column *column, int64_t index, PyObject *key, PyObject *value)
{
    Columns *entries = column->elements;
    Column *key_column = &entries->columns[1];

    if (columns_reserve(entries, index + 1) < 0 ||
        value_to_arrow(entries, key_column, index, key) < 0 ||
        value_to_arrow(entries, key_column + key_column->span, index, value) < 0) {
        return -1;
    }
    set_bit(entries->arena + entries->columns[0].validity_offset, index, true);
    return 0;
}

int
write_map(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int64_t index = offset_at(columns->arena, column, row);

    if (!PyDict_Check(value)) {
        return raise_wrong_type(columns, column, value);
    }
    /* A copy, because code of the user may change the dict meanwhile. */
    PyObject *pairs = pairs_from_dict(value);
    if (pairs == NULL) {
        return WRITE_FAILED;
    }
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyTuple_GET_SIZE(pairs); i += 2) {
        status = append_entry(column, index++, PyTuple_GET_ITEM(pairs, i),
                              PyTuple_GET_ITEM(pairs, i + 1));
    }
    Py_DECREF(pairs);
    if (status < 0) {
        return WRITE_FAILED;
    }
    set_offset(columns, column, row + 1, (int32_t)index);
    return WRITE_VALUE;
}

int
write_struct(Columns *columns, Column *column, int64_t row, PyObject *value)
{
    int status = record_to_arrow(columns, column, row, value);
    if (status == 1) {
        return raise_wrong_type(columns, column, value);
    }
    return status < 0 ? WRITE_FAILED : WRITE_VALUE;
}
