/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a row, or a STRUCT in it, to Arrow columns: a Row, tuple, list, dict or another record. */

#include "record_to_arrow.h"

#include "python_util.h"
#include "record_cells.h"
#include "record_names.h"
#include "row.h"
#include "value_to_arrow.h"

static PyObject *
value_of_row(PyObject *row, PyObject *Py_UNUSED(names), Py_ssize_t position)
{
    return row_get(row, position);
}

static PyObject *
value_of_tuple(PyObject *tuple, PyObject *Py_UNUSED(names), Py_ssize_t position)
{
    return Py_NewRef(PyTuple_GET_ITEM(tuple, position));
}

static PyObject *
value_of_attribute(PyObject *object, PyObject *names, Py_ssize_t position)
{
    return PyObject_GetAttr(object, PyTuple_GET_ITEM(names, position));
}

static PyObject *
value_of_dict(PyObject *dict, PyObject *names, Py_ssize_t position)
{
    PyObject *value = PyDict_GetItemWithError(dict, PyTuple_GET_ITEM(names, position));
    if (value == NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_RuntimeError, "the dict changed while it was read");
    }
    return Py_XNewRef(value);
}

/* Returns a new tuple of the keys, or NULL with an exception set. Borrows dict. */
static PyObject *
keys_of_dict(PyObject *dict)
{
    PyObject *pairs = pairs_from_dict(dict);
    if (pairs == NULL) {
        return NULL;
    }
    PyObject *keys = keys_from_pairs(pairs);
    Py_DECREF(pairs);
    return keys;
}

/* Writes the cells of a dict. Returns 0, or -1 with an exception set. Borrows dict. */
static int
dict_to_arrow(const Record *record, int64_t row, PyObject *dict)
{
    Column *column = record->first;

    for (Py_ssize_t i = 0; PyDict_GET_SIZE(dict) == record->count && i < record->count; i++) {
        PyObject *value = PyDict_GetItemWithError(dict, column->name);
        if (value == NULL) {
            break; /* its names are not exactly those of the columns */
        }
        if (take_value_to_arrow(record->columns, column, row, Py_NewRef(value)) < 0) {
            return -1;
        }
        if (i + 1 == record->count) {
            return 0;
        }
        column += column->span;
    }
    PyObject *keys = PyErr_Occurred() ? NULL : keys_of_dict(dict);
    if (keys == NULL) {
        return -1;
    }
    int status = keyed_to_arrow(record, row, dict, keys, value_of_dict);
    Py_DECREF(keys);
    return status;
}

/* Writes the cells of a Mapping of another type than dict. Returns as dict_to_arrow. Borrows
   mapping. */
static int
mapping_to_arrow(const Record *record, int64_t row, PyObject *mapping)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return -1;
    }
    int status = PyDict_Update(dict, mapping);
    if (status == 0) {
        status = dict_to_arrow(record, row, dict);
    }
    Py_DECREF(dict);
    return status;
}

/* Writes the cells of an object with fields: a dataclass or the like. Returns 0, or -1 with an
   exception set; or returns 1 where it is none of these. Borrows object. */
static int
object_to_arrow(const Record *record, int64_t row, PyObject *object)
{
    PyObject *names;

    if (find_field_names(record->known_names, Py_TYPE(object), &names) < 0) {
        return -1;
    }
    if (names == NULL) {
        return 1;
    }
    int status = keyed_to_arrow(record, row, object, names, value_of_attribute);
    Py_DECREF(names);
    return status;
}

/* Writes the cells of a tuple: by the names of a named tuple, else by position. Returns 0, or -1
   with an exception set. Borrows tuple. */
static int
tuple_to_arrow(const Record *record, int64_t row, PyObject *tuple)
{
    PyObject *names;

    if (PyTuple_CheckExact(tuple)) {
        return sequence_to_arrow(record, row, tuple);
    }
    if (find_field_names(record->known_names, Py_TYPE(tuple), &names) < 0) {
        return -1;
    }
    if (names == NULL) {
        return sequence_to_arrow(record, row, tuple);
    }
    if (PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(tuple)) {
        Py_DECREF(names);
        return raise_wrong_arity(record, PyTuple_GET_SIZE(tuple));
    }
    int status = named_to_arrow(record, row, tuple, names, value_of_tuple);
    Py_DECREF(names);
    return status;
}

/* Writes the cells of a Row: by its names where it has some, else by position. Borrows row. */
static int
own_row_to_arrow(const Record *record, int64_t row_index, PyObject *row)
{
    PyObject *names = row_names(row);

    if (names == NULL || names == record->names) {
        return sequence_to_arrow(record, row_index, row);
    }
    Py_INCREF(names); /* comparing may run code of the user, which may rename the fields */
    int status = named_to_arrow(record, row_index, row, names, value_of_row);
    Py_DECREF(names);
    return status;
}

/* Returns a new Row with the names and values of a pyflink.common.Row, or NULL with an exception
   set. Borrows foreign. */
static PyObject *
row_from_pyflink_row(const Record *record, PyObject *foreign)
{
    PyObject *values = NULL;
    PyObject *names = NULL;
    PyObject *row = NULL;

    if ((values = PySequence_Tuple(foreign)) == NULL) {
        goto done;
    }
    PyObject *fields = NULL;
    if (find_attribute(foreign, "_fields", &fields) < 0) {
        goto done;
    }
    if (fields != NULL) {
        names = PySequence_Tuple(fields);
        Py_DECREF(fields);
        if (names == NULL) {
            goto done;
        }
    }
    if (names != NULL && PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(values)) {
        raise_wrong_arity(record, PyTuple_GET_SIZE(values));
        goto done;
    }
    row = row_from_values(record->columns->state, names, &PyTuple_GET_ITEM(values, 0),
                          PyTuple_GET_SIZE(values));
done:
    Py_XDECREF(values);
    Py_XDECREF(names);
    return row;
}

static bool
is_own_row(const Columns *columns, PyObject *value)
{
    return Py_IS_TYPE(value, columns->state->row_type);
}

/* Whether value is a Row of PyFlink: 1, 0, or -1 with an exception set. */
static int
is_pyflink_row(PyObject *value)
{
    PyObject *values = NULL;

    if (!has_type_name(value, "Row")) {
        return 0;
    }
    int status = find_attribute(value, "_values", &values);
    Py_XDECREF(values);
    return status;
}

/* Whether objects of this type may have field names. Most values have types that cannot. */
static bool
may_have_fields(PyTypeObject *type)
{
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE);
}

/* Whether the value is a Mapping other than a dict. */
static bool
is_mapping(PyObject *value)
{
    return PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_MAPPING) && !PyDict_Check(value);
}

int
is_record(Columns *columns, PyObject *value)
{
    PyObject *names;

    if (is_own_row(columns, value) || PyDict_Check(value) || is_mapping(value)) {
        return 1;
    }
    if (!may_have_fields(Py_TYPE(value))) {
        return 0;
    }
    int is_foreign_row = is_pyflink_row(value);
    if (is_foreign_row != 0) {
        return is_foreign_row;
    }
    if (find_field_names(&columns->known_names, Py_TYPE(value), &names) < 0) {
        return -1;
    }
    Py_XDECREF(names);
    return names != NULL;
}

/* Returns what record_to_arrow fills. Borrows parent, which may be NULL. */
static Record
record_of(Columns *columns, Column *parent)
{
    return parent == NULL ? (Record){columns,
                                     NULL,
                                     &columns->columns[0],
                                     columns->field_count,
                                     columns->names,
                                     &columns->known_names}
                          : (Record){columns,
                                     parent,
                                     parent + 1,
                                     PyTuple_GET_SIZE(parent->field_names),
                                     parent->field_names,
                                     &parent->known_names};
}

/* Writes a Row of PyFlink. Returns as record_to_arrow. Borrows value. */
static int
pyflink_row_to_arrow(const Record *record, int64_t row, PyObject *value)
{
    PyObject *own = row_from_pyflink_row(record, value);
    if (own == NULL) {
        return -1;
    }
    int status = own_row_to_arrow(record, row, own);
    Py_DECREF(own);
    return status;
}

int
record_to_arrow(Columns *columns, Column *parent, int64_t row, PyObject *value)
{
    Record record = record_of(columns, parent);

    if (is_own_row(columns, value)) {
        return own_row_to_arrow(&record, row, value);
    }
    if (PyTuple_Check(value)) {
        return tuple_to_arrow(&record, row, value);
    }
    if (PyList_Check(value)) {
        return sequence_to_arrow(&record, row, value);
    }
    if (PyDict_Check(value)) {
        return dict_to_arrow(&record, row, value);
    }
    if (is_mapping(value)) {
        return mapping_to_arrow(&record, row, value);
    }
    if (!may_have_fields(Py_TYPE(value))) {
        return 1;
    }
    int is_foreign_row = is_pyflink_row(value);
    if (is_foreign_row != 0) {
        return is_foreign_row < 0 ? -1 : pyflink_row_to_arrow(&record, row, value);
    }
    return object_to_arrow(&record, row, value);
}
