/* SPDX-License-Identifier: Apache-2.0 */
/* Exports columns through the Arrow C Data Interface, in the capsules of the Arrow PyCapsule
   interface.

   An exported array holds the blocks of its buffers, and columns_reset replaces shared blocks
   before the columns are written again. Release callbacks touch no Python object: they may run on
   any thread, without the GIL. */

#include "export.h"

#include "arrow_c_data.h"
#include "block.h"
#include "conversion_error.h"

#define MAX_BUFFERS 3

/* The private data of an exported array. */
typedef struct {
    uint8_t *arena; /* held, or NULL */
    uint8_t *data;  /* held, or NULL */
    const void *buffers[MAX_BUFFERS];
    struct ArrowArray *children;
    struct ArrowArray *pointers[];
} ArrayHolder;

/* The private data of an exported schema. */
typedef struct {
    char *format; /* owned */
    char *name;   /* owned */
    struct ArrowSchema *children;
    struct ArrowSchema *pointers[];
} SchemaHolder;

/* Takes what array holds. Its children may have been moved away, and are then released. */
static void
release_array(struct ArrowArray *array)
{
    ArrayHolder *holder = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child->release != NULL) {
            child->release(child);
        }
    }
    block_release(holder->arena);
    block_release(holder->data);
    PyMem_RawFree(holder->children);
    PyMem_RawFree(holder);
    array->release = NULL;
}

/* Takes what schema holds. */
static void
release_schema(struct ArrowSchema *schema)
{
    SchemaHolder *holder = schema->private_data;

    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child->release != NULL) {
            child->release(child);
        }
    }
    PyMem_RawFree(holder->format);
    PyMem_RawFree(holder->name);
    PyMem_RawFree(holder->children);
    PyMem_RawFree(holder);
    schema->release = NULL;
}

/* Fills array, with children that are released. Returns 0, or -1 with an exception set. */
static int
begin_array(struct ArrowArray *array, int64_t length, Py_ssize_t children)
{
    size_t count = (size_t)children;
    ArrayHolder *holder = PyMem_RawCalloc(1, sizeof(*holder) + count * sizeof(holder->pointers[0]));
    struct ArrowArray *all = PyMem_RawCalloc(count, sizeof(*all));

    if (holder == NULL || all == NULL) {
        PyMem_RawFree(holder);
        PyMem_RawFree(all);
        PyErr_NoMemory();
        return -1;
    }
    holder->children = all;
    for (size_t i = 0; i < count; i++) {
        holder->pointers[i] = &all[i];
    }
    *array = (struct ArrowArray){
        .length = length,
        .n_children = children,
        .buffers = holder->buffers,
        .children = holder->pointers,
        .release = release_array,
        .private_data = holder,
    };
    return 0;
}

/* Returns a new string in raw memory, or NULL. */
static char *
copy_string(const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = PyMem_RawMalloc(size);
    return copy == NULL ? NULL : memcpy(copy, string, size);
}

/* Fills schema, with children that are released. Returns 0, or -1 with an exception set. */
static int
begin_schema(struct ArrowSchema *schema, const char *format, const char *name, bool nullable,
             Py_ssize_t children)
{
    size_t count = (size_t)children;
    SchemaHolder *holder =
        PyMem_RawCalloc(1, sizeof(*holder) + count * sizeof(holder->pointers[0]));
    struct ArrowSchema *all = PyMem_RawCalloc(count, sizeof(*all));
    char *own_format = copy_string(format);
    char *own_name = copy_string(name);

    if (holder == NULL || all == NULL || own_format == NULL || own_name == NULL) {
        PyMem_RawFree(holder);
        PyMem_RawFree(all);
        PyMem_RawFree(own_format);
        PyMem_RawFree(own_name);
        PyErr_NoMemory();
        return -1;
    }
    holder->format = own_format;
    holder->name = own_name;
    holder->children = all;
    for (size_t i = 0; i < count; i++) {
        holder->pointers[i] = &all[i];
    }
    *schema = (struct ArrowSchema){
        .format = own_format,
        .name = own_name,
        .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
        .n_children = children,
        .children = holder->pointers,
        .release = release_schema,
        .private_data = holder,
    };
    return 0;
}

/* Fills array with count rows of one column from start on. Returns 0, or -1 with an exception set
   and nothing held. */
static int
export_column(const Columns *columns, const Column *column, int64_t start, int64_t count,
              struct ArrowArray *array)
{
    if (begin_array(array, count, count_children(column)) < 0) {
        return -1;
    }
    ArrayHolder *holder = array->private_data;
    int status = 0;
    int64_t end = start + count;
    const uint8_t *validity = columns->arena + column->validity_offset;
    holder->arena = block_hold(columns->arena);
    array->offset = start;
    array->null_count = count_nulls(validity, start, end);
    holder->buffers[0] = array->null_count == 0 ? NULL : validity;
    holder->buffers[1] = column_values(columns, column);
    array->n_buffers = 2;
    switch (column->codec->layout) {
    case FIXED_WIDTH:
        break;
    case VARIABLE_WIDTH:
        holder->data = block_hold(column->data);
        holder->buffers[2] = column->data;
        array->n_buffers = 3;
        break;
    case LIST: {
        const Columns *elements = column->elements;
        const struct ArrowArray *child = array->children[0];
        status = export_column(elements, &elements->columns[0], 0,
                               offset_at(columns->arena, column, end), array->children[0]);
        if (status == 0 && column->codec->kind == KIND_MAP && child->children[0]->null_count > 0) {
            status = raise_conversion_error(elements, &elements->columns[1],
                                            "a key of an Arrow map cannot be null");
        }
        break;
    }
    case STRUCT:
        array->n_buffers = 1;
        const Column *field = column + 1;
        for (int64_t i = 0; status == 0 && i < array->n_children; i++) {
            status = export_column(columns, field, 0, end, array->children[i]);
            field += field->span;
        }
        break;
    }
    if (status < 0) {
        array->release(array);
    }
    return status;
}

/* Fills schema with one column. Returns 0, or -1 with an exception set and nothing held. */
static int
describe_column(const Columns *columns, const Column *column, struct ArrowSchema *schema)
{
    Py_ssize_t length;
    const char *format = PyUnicode_AsUTF8(column->format);
    const char *name = PyUnicode_AsUTF8AndSize(column->name, &length);
    const Column *child = column->elements != NULL ? &column->elements->columns[0] : column + 1;

    if (name != NULL && strlen(name) != (size_t)length) {
        return raise_conversion_error(columns, column,
                                      "a field name in an Arrow schema cannot contain NUL");
    }
    if (format == NULL || name == NULL ||
        begin_schema(schema, format, name, column->nullable, count_children(column)) < 0) {
        return -1;
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (describe_column(columns, child, schema->children[i]) < 0) {
            schema->release(schema);
            return -1;
        }
        child += child->span;
    }
    if (column->codec->kind == KIND_MAP) {
        schema->children[0]->children[0]->flags = 0; /* Arrow has no null keys */
    }
    return 0;
}

/* Fills array with count rows of all columns from start on, as fields of a struct that is never
   null and has no offset, because pyarrow imports only such a struct as a RecordBatch. Returns as
   export_column. */
static int
export_columns(Columns *columns, int64_t start, int64_t count, struct ArrowArray *array)
{
    if (begin_array(array, count, columns->field_count) < 0) {
        return -1;
    }
    array->n_buffers = 1;
    for (Py_ssize_t i = 0; i < columns->field_count; i++) {
        if (export_column(columns, columns->fields[i], start, count, array->children[i]) < 0) {
            array->release(array);
            return -1;
        }
    }
    columns->exported = true;
    return 0;
}

/* Fills schema with all columns. Returns as describe_column. */
static int
describe_columns(const Columns *columns, struct ArrowSchema *schema)
{
    if (begin_schema(schema, "+s", "", false, columns->field_count) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < columns->field_count; i++) {
        if (describe_column(columns, columns->fields[i], schema->children[i]) < 0) {
            schema->release(schema);
            return -1;
        }
    }
    return 0;
}

static void
free_schema(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release != NULL) {
        schema->release(schema);
    }
    PyMem_RawFree(schema);
}

static void
free_array(PyObject *capsule)
{
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array->release != NULL) {
        array->release(array);
    }
    PyMem_RawFree(array);
}

PyObject *
columns_export_schema(Columns *columns, PyObject *Py_UNUSED(unused))
{
    struct ArrowSchema *schema = PyMem_RawCalloc(1, sizeof(*schema));
    if (schema == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(schema, "arrow_schema", free_schema);
    if (capsule == NULL) {
        PyMem_RawFree(schema);
        return NULL;
    }
    if (describe_columns(columns, schema) < 0) {
        Py_CLEAR(capsule);
    }
    return capsule;
}

/* Returns a new capsule with an array, or NULL with an exception set. */
static PyObject *
export_array(Columns *columns)
{
    struct ArrowArray *array = PyMem_RawCalloc(1, sizeof(*array));
    if (array == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(array, "arrow_array", free_array);
    if (capsule == NULL) {
        PyMem_RawFree(array);
        return NULL;
    }
    if (export_columns(columns, 0, columns->rows, array) < 0) {
        Py_CLEAR(capsule);
    }
    return capsule;
}

PyObject *
columns_export(Columns *columns)
{
    PyObject *schema = columns_export_schema(columns, NULL);
    PyObject *array = schema == NULL ? NULL : export_array(columns);
    PyObject *capsules = array == NULL ? NULL : PyTuple_Pack(2, schema, array);
    Py_XDECREF(array);
    Py_XDECREF(schema);
    return capsules;
}

static void
release_last_export(const Columns *columns)
{
    if (columns->last_export != NULL && columns->last_export->release != NULL) {
        columns->last_export->release(columns->last_export);
    }
}

PyObject *
columns_export_rows(Columns *columns, int64_t start, int64_t count)
{
    if (columns->last_export == NULL &&
        (columns->last_export = PyMem_RawCalloc(1, sizeof(*columns->last_export))) == NULL) {
        return PyErr_NoMemory();
    }
    release_last_export(columns);
    if (export_columns(columns, start, count, columns->last_export) < 0) {
        return NULL;
    }
    return PyLong_FromVoidPtr(columns->last_export);
}

void
columns_free_export(Columns *columns)
{
    release_last_export(columns);
    PyMem_RawFree(columns->last_export);
    columns->last_export = NULL;
}
