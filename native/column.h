/* Arrow columns: their description, their memory, and the functions that read and write them. */
#ifndef PYFLINK_ML_EMBEDDED_COLUMN_H
#define PYFLINK_ML_EMBEDDED_COLUMN_H

#include "native.h"

#include <string.h>

typedef struct Column Column;

/* Memory in the layout of columns: their own, or a Row's copy of it. */
typedef struct {
    const Columns *columns;
    const uint8_t *arena;
    const uint8_t *data;       /* of a copy: that of all variable-width columns in turn; or NULL */
} Source;

/* Returns a new reference to the value at row, or NULL with an exception set. The caller has
   checked that it is not null. */
typedef PyObject *(*ReadValue)(const Source *source, const Column *column, int64_t row);

/* What a WriteValue answers. */
enum { WRITE_FAILED = -1, WRITE_VALUE = 0, WRITE_NULL = 1 };

/* Fills row and returns WRITE_VALUE, returns WRITE_NULL where value stands for a null (NaT), or
   returns WRITE_FAILED with an exception set. Borrows value, which is not None. */
typedef int (*WriteValue)(Columns *columns, Column *column, int64_t row, PyObject *value);

/* Checks the values of count rows from row on, which were copied in as a block, and cuts them to the
   precision of the column; a null is 0 or empty. Returns 0, or -1 with an exception set, and fills
   *failed with the row that does not fit. */
typedef int (*CheckValues)(const Columns *columns, const Column *column, int64_t row,
                           int64_t count, int64_t *failed);

typedef enum {
    KIND_BOOLEAN,
    KIND_INTEGER,
    KIND_FLOATING_POINT,
    KIND_TEXT,
    KIND_BINARY,
    KIND_DATE,
    KIND_TIME,
    KIND_TIMESTAMP,
    KIND_DECIMAL,
    KIND_LIST,
    KIND_MAP,
    KIND_STRUCT,
} Kind;

typedef enum {
    FIXED_WIDTH,
    VARIABLE_WIDTH,           /* int32 offsets into data */
    LIST,                     /* int32 offsets into elements */
    STRUCT,                   /* no values: its fields are columns of the same length */
} Layout;

/* All that is known of one Arrow type: how its values are stored, converted and checked. */
typedef struct {
    const char *format;       /* of the Arrow C Data Interface, to the colon where it has one */
    Kind kind;
    Layout layout;
    int bit_width;            /* of one value, or of one offset */
    ReadValue read;
    WriteValue write;
    CheckValues check;        /* NULL where all values of the type fit */
    const char *dtype;        /* numpy's name for the same values, or NULL */
    int64_t ticks_per_second; /* of a TIME or TIMESTAMP */
} Codec;

/* One column. Buffers are those of the Arrow columnar format, in native byte order. */
struct Column {
    const Codec *codec;
    PyObject *name;            /* owned, interned */
    PyObject *path;            /* owned: its name behind those of the columns around it */
    PyObject *type;            /* owned: the SQL type, for messages */
    PyObject *format;          /* owned: of the Arrow C Data Interface */
    bool nullable;
    int32_t length;            /* most characters or bytes, INT32_MAX for no limit */
    int precision;             /* of a DECIMAL */
    int scale;
    PyObject *unit;            /* owned: Decimal(10) ** -scale */
    int64_t ticks_kept;        /* results are cut to a multiple of this many ticks */
    bool utc;                  /* TIMESTAMP_LTZ */
    Py_ssize_t span;           /* 1 and, in a STRUCT, the spans of its fields, which follow it */
    PyObject *field_names;     /* owned tuple of str; of a STRUCT */
    Columns *elements;         /* owned; of a LIST */
    PyObject *dtype;           /* owned: the numpy.dtype of a LIST that is read as an array */
    size_t values_offset;      /* in the arena */
    size_t validity_offset;
    uint8_t *data;             /* holds a block; of a variable-width column */
    int64_t data_capacity;
};

/* Columns of one length: those of one side of a model, or of the elements of a LIST. The fields of
   a STRUCT follow it. A Python object, because a Row that was made from it reads through its
   columns for as long as it lives. */
struct Columns {
    PyObject_VAR_HEAD
    NativeState *state;        /* borrowed from the module, which the type keeps alive */
    const char *role;          /* "INPUT" or "OUTPUT", for messages */
    Columns *root;             /* borrowed: the columns of the rows that all this belongs to */
    Py_ssize_t field_count;    /* columns without those of fields of a STRUCT */
    PyObject *names;           /* owned tuple of str: of these */
    Column **fields;           /* owned: these */
    uint8_t *arena;            /* holds a block; values, then validity bitmaps, of all columns */
    size_t arena_size;         /* stays when the arena is freed */
    int64_t capacity;          /* in rows */
    int64_t rows;              /* written last; not of elements, nor of what Java writes */
    bool has_data;             /* some column has a data buffer */
    bool has_lists;            /* some column is a LIST */
    bool has_containers;       /* some column is a LIST or a STRUCT */
    /* Of a root, for all that belongs to it: */
    bool moved;                /* memory moved since the flag was cleared */
    bool large;                /* some buffer is so large that it may shrink */
    bool exported;             /* memory was exported since it was last reset */
    struct ArrowArray *last_export; /* owned, or NULL: the last that columns_export_rows filled */
    bool busy;                 /* being written or read */
    Column columns[1];
};

static inline uint8_t *
column_values(const Columns *columns, const Column *column)
{
    return columns->arena + column->values_offset;
}

/* Returns the memory of columns themselves. Borrows columns. */
static inline Source
source_of(const Columns *columns)
{
    return (Source){.columns = columns, .arena = columns->arena};
}

static inline const uint8_t *
source_values(const Source *source, const Column *column)
{
    return source->arena + column->values_offset;
}

/* Returns one of the int32 offsets of a variable-width column or a LIST in an arena. */
static inline int32_t
offset_at(const uint8_t *arena, const Column *column, int64_t row)
{
    int32_t offset;
    memcpy(&offset, arena + column->values_offset + (size_t)row * sizeof(offset), sizeof(offset));
    return offset;
}

static inline void
set_offset(const Columns *columns, const Column *column, int64_t row, int32_t offset)
{
    memcpy(column_values(columns, column) + (size_t)row * sizeof(offset), &offset, sizeof(offset));
}

static inline bool
has_offsets(const Codec *codec)
{
    return codec->layout == VARIABLE_WIDTH || codec->layout == LIST;
}

/* Returns the number of its children in Arrow: one for a LIST, its fields for a STRUCT. */
static inline Py_ssize_t
count_children(const Column *column)
{
    switch (column->codec->layout) {
    case LIST:
        return 1;
    case STRUCT:
        return PyTuple_GET_SIZE(column->field_names);
    default:
        return 0;
    }
}

static inline bool
bit_is_set(const uint8_t *bitmap, int64_t index)
{
    return (bitmap[index >> 3] >> (index & 7)) & 1;
}

static inline void
set_bit(uint8_t *bitmap, int64_t index, bool value)
{
    uint8_t mask = (uint8_t)(1u << (index & 7));
    bitmap[index >> 3] = (uint8_t)(value ? bitmap[index >> 3] | mask : bitmap[index >> 3] & ~mask);
}

/* Sets the bits from start to before end. */
static inline void
set_bits(uint8_t *bitmap, int64_t start, int64_t end)
{
    for (; start < end && start % 8 != 0; start++) {
        set_bit(bitmap, start, true);
    }
    if (end - start >= 8) {
        memset(bitmap + start / 8, UINT8_MAX, (size_t)((end - start) / 8));
        start += (end - start) / 8 * 8;
    }
    for (; start < end; start++) {
        set_bit(bitmap, start, true);
    }
}

#define MILLIS_PER_SECOND 1000
#define MICROS_PER_SECOND 1000000
#define NANOS_PER_SECOND 1000000000

/* codec_table.c */

/* Fills codec and the type's parameters from format and returns 0, or returns -1 with an exception
   set. */
int column_set_format(Column *column, const char *format);

/* columns_from_fields.c */

/* Returns a new reference to columns for one row, or NULL with an exception set. Borrows fields, a
   sequence of dicts as a request has them, and role for ever. LISTs of numbers are read as numpy
   arrays where numpy_arrays is set. */
Columns *columns_from_fields(NativeState *state, const char *role, PyObject *fields,
                             bool numpy_arrays);

/* block.c: bytes that have holders. The last that releases them frees them, on any thread, with or
   without the GIL. */

/* Return new bytes with one holder, zeroed or not, or NULL without an exception. */
uint8_t *block_new(size_t size);
uint8_t *block_new_zeroed(size_t size);

/* Returns bytes resized, or NULL without an exception, when they are as they were. Takes bytes, of
   which nobody else is a holder, where it succeeds. */
uint8_t *block_resize(uint8_t *bytes, size_t size);

/* Adds a holder. Returns bytes. */
uint8_t *block_hold(uint8_t *bytes);

/* Takes bytes, which may be NULL. */
void block_release(uint8_t *bytes);

/* Whether there are other holders than the caller. Borrows bytes, which may be NULL. */
bool block_is_shared(uint8_t *bytes);

/* memory.c. What is called try needs no GIL and raises nothing: it returns 0 or one of these. */
enum { NO_MEMORY = -1, TOO_LARGE = -2 };

/* Grows the arena to at least rows and keeps its contents. */
int columns_try_reserve(Columns *columns, int64_t rows);

/* Grows the data buffer to at least capacity and keeps its contents. */
int column_try_reserve_data(Columns *columns, Column *column, int64_t capacity);

/* Empties columns of this many rows. Replaces memory that somebody else holds, and buffers that the
   rows left nearly empty after larger values had grown them. Borrows columns, a root. */
int columns_try_reset(Columns *columns, int64_t rows);

/* Raises what such a status says. Returns -1. Borrows column: whose data, or NULL for the arena. */
int raise_no_room(const Columns *columns, const Column *column, int status);

/* The same, but return 0, or -1 with an exception set. */
int columns_reserve(Columns *columns, int64_t rows);
int column_reserve_data(Columns *columns, Column *column, int64_t capacity);
int columns_reset(Columns *columns, int64_t rows);

/* Frees the memory of all columns; their description and layout stay, for Rows that copied it. */
void columns_free_memory(Columns *columns);

/* Appends size bytes as the variable-width value of row. Returns 0, or -1 with an exception
   set. Borrows bytes. */
int columns_append_bytes(Columns *columns, Column *column, int64_t row, const void *bytes,
                         int64_t size);

/* rows_from_arrow.c */

/* Returns the value of one cell as a new reference, or NULL with an exception set. */
PyObject *value_from_arrow(const Source *source, const Column *column, int64_t row);

/* Returns a new Row with all values made, or NULL with an exception set. */
PyObject *row_from_arrow(const Columns *columns, int64_t row);

/* Returns a new list of the Rows from start to before end, or NULL with an exception set. */
PyObject *rows_from_arrow(const Columns *columns, int64_t start, int64_t end);

/* record_to_arrow.c */

/* Writes one cell. Returns 0, or -1 with an exception set. Borrows value. */
int value_to_arrow(Columns *columns, Column *column, int64_t row, PyObject *value);

/* Writes the cells of a row, or of a STRUCT in it: a Row, tuple, list or dict. Returns 0, or -1
   with an exception set; or returns 1 where value is none of these. Borrows value, and parent, the
   STRUCT, or NULL for a row. */
int record_to_arrow(Columns *columns, Column *parent, int64_t row, PyObject *value);

/* Whether value is a Row of this package or of PyFlink: 1, 0, or -1 with an exception set. */
int is_row(const Columns *columns, PyObject *value);

/* rows_to_arrow.c */

/* Writes one item of what predict returned. Returns 0, or -1 with an exception set. Borrows
   item. */
int row_to_arrow(Columns *columns, int64_t row, PyObject *item);

/* Appends what predict returned as rows from *count on. Returns 0, or -1 with an exception set.
   Borrows result. */
int append_results(Columns *columns, PyObject *result, Py_ssize_t *count);

/* Fills columns, a root, with what predict returned. Returns the number of rows, or -1 with an
   exception set. Borrows result. */
Py_ssize_t rows_to_arrow(Columns *columns, PyObject *result);

/* columns_from_arrays.c */

/* Fills columns, a root, with this many rows of what predict_batch returned. Returns 0, or -1 with an
   exception set and no rows. Borrows arrays, a tuple with one for each field. */
int arrays_to_arrow(Columns *columns, PyObject *arrays, int64_t rows);

/* export.c */

/* Returns how many of the bits from start to before end are not set. */
int64_t count_nulls(const uint8_t *validity, int64_t start, int64_t end);

/* METH_NOARGS. */
PyObject *columns_export_schema(Columns *columns, PyObject *unused);

/* Returns a new tuple of the capsules of the schema and of the array, or NULL with an exception
   set. */
PyObject *columns_export(Columns *columns);

/* Returns a new int: the address of a struct ArrowArray that columns own, with count rows from start
   on; or NULL with an exception set. Who imports it takes what it holds. */
PyObject *columns_export_rows(Columns *columns, int64_t start, int64_t count);

/* Releases what columns_export_rows filled last, where nobody imported it. */
void columns_free_export(Columns *columns);

/* row.c */

/* Returns a new Row of row 0 of columns that hold one row, or NULL with an exception set. Its
   fields are read when they are asked for, from a copy, but for LISTs. Borrows columns. Takes
   spare, which row_recycle returned for a Row of the same columns. */
PyObject *row_from_columns(Columns *columns, PyObject *spare);

/* Returns row emptied, for row_from_columns, where nobody else holds it and nobody changed it; else
   NULL. Takes row. */
PyObject *row_recycle(PyObject *row);

/* Returns a new Row of values, or NULL with an exception set. Borrows values and names, a tuple or
   NULL. */
PyObject *row_from_values(NativeState *state, PyObject *names, PyObject *const *values,
                          Py_ssize_t count);

/* Returns a new reference to the value at index, or NULL with an exception set. */
PyObject *row_get(PyObject *row, Py_ssize_t index);

/* Returns the names of a Row, borrowed, or NULL without an exception. */
PyObject *row_names(PyObject *row);

/* errors.c */

/* Raises ConversionError 'column PATH: ...' with the printf-like rest of PyUnicode_FromFormat.
   Returns -1. */
int raise_conversion_error(const Columns *columns, const Column *column, const char *format, ...);

/* The same, with the exception that is set as the cause. */
int raise_conversion_error_from(const Columns *columns, const Column *column,
                                const char *format, ...);

/* Raises 'column PATH: expected TYPE, got the type of value'. Returns -1. */
int raise_wrong_type(const Columns *columns, const Column *column, PyObject *value);

/* feature_matrix.c */

/* Returns a new matrix of count rows from start on, of the columns of numbers; or None where there
   are none, or NULL with an exception set. Borrows empty, numpy's, and dtype. */
PyObject *columns_feature_matrix(Columns *columns, int64_t start, int64_t count, PyObject *empty,
                                 PyObject *dtype);

/* python_util.c */

/* Fills *attribute with a new reference, or with NULL where value has no such attribute. Returns
   whether it has it: 1, 0, or -1 with an exception set. Borrows value. */
int find_attribute(PyObject *value, const char *name, PyObject **attribute);

/* Whether value is of just the type called name ("numpy.datetime64"), which is not imported. */
bool has_type_name(PyObject *value, const char *name);

/* Returns a new tuple of each key and its value in turn, or NULL with an exception set. Unlike the
   list of PyDict_Items, no code of the user sees it half filled. Borrows dict. */
PyObject *pairs_from_dict(PyObject *dict);

/* Codecs, one pair for each Arrow type: codec_number.c, codec_text.c, codec_time.c,
   codec_decimal.c and codec_nested.c. */
PyObject *read_bool(const Source *, const Column *, int64_t);
PyObject *read_int8(const Source *, const Column *, int64_t);
PyObject *read_int16(const Source *, const Column *, int64_t);
PyObject *read_int32(const Source *, const Column *, int64_t);
PyObject *read_int64(const Source *, const Column *, int64_t);
PyObject *read_float(const Source *, const Column *, int64_t);
PyObject *read_double(const Source *, const Column *, int64_t);
PyObject *read_utf8(const Source *, const Column *, int64_t);
PyObject *read_binary(const Source *, const Column *, int64_t);
PyObject *read_date32(const Source *, const Column *, int64_t);
PyObject *read_time32(const Source *, const Column *, int64_t);
PyObject *read_timestamp(const Source *, const Column *, int64_t);
PyObject *read_decimal128(const Source *, const Column *, int64_t);
PyObject *read_list(const Source *, const Column *, int64_t);
PyObject *read_map(const Source *, const Column *, int64_t);
PyObject *read_struct(const Source *, const Column *, int64_t);
int write_bool(Columns *, Column *, int64_t, PyObject *);
int write_int8(Columns *, Column *, int64_t, PyObject *);
int write_int16(Columns *, Column *, int64_t, PyObject *);
int write_int32(Columns *, Column *, int64_t, PyObject *);
int write_int64(Columns *, Column *, int64_t, PyObject *);
int write_float(Columns *, Column *, int64_t, PyObject *);
int write_double(Columns *, Column *, int64_t, PyObject *);
int write_utf8(Columns *, Column *, int64_t, PyObject *);
int write_binary(Columns *, Column *, int64_t, PyObject *);
int write_date32(Columns *, Column *, int64_t, PyObject *);
int write_time32(Columns *, Column *, int64_t, PyObject *);
int write_timestamp(Columns *, Column *, int64_t, PyObject *);
int write_decimal128(Columns *, Column *, int64_t, PyObject *);
int write_list(Columns *, Column *, int64_t, PyObject *);
int write_map(Columns *, Column *, int64_t, PyObject *);
int write_struct(Columns *, Column *, int64_t, PyObject *);
int check_utf8(const Columns *, const Column *, int64_t, int64_t, int64_t *);
int check_binary(const Columns *, const Column *, int64_t, int64_t, int64_t *);
int check_date32(const Columns *, const Column *, int64_t, int64_t, int64_t *);
int check_time32(const Columns *, const Column *, int64_t, int64_t, int64_t *);
int check_timestamp(const Columns *, const Column *, int64_t, int64_t, int64_t *);
int check_decimal128(const Columns *, const Column *, int64_t, int64_t, int64_t *);

/* Imports what the codec needs. Returns 0, or -1 with an exception set. */
int codec_time_import(void);
int codec_decimal_import(NativeState *state);

/* Returns a new Decimal, ten to the power of -scale, or NULL with an exception set. */
PyObject *decimal_unit(NativeState *state, int scale);

#endif
