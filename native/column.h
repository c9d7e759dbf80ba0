/* Arrow columns: their description, their memory, and the functions that read and write them. */
#ifndef PYFLINK_ML_EMBEDDED_COLUMN_H
#define PYFLINK_ML_EMBEDDED_COLUMN_H

#include "native.h"

typedef struct Column Column;
typedef struct Columns Columns;

/* The buffers of a column, or copies of them. */
typedef struct {
    const uint8_t *validity;
    const uint8_t *values;     /* or the offsets of variable-width values */
    const uint8_t *data;
} Buffers;

/* Returns a new reference to the value at row, or NULL with an exception set. The caller has
   checked that it is not null. */
typedef PyObject *(*ReadValue)(const Columns *columns, const Column *column,
                               const Buffers *buffers, int64_t row);

/* What a WriteValue answers. */
enum { WRITE_FAILED = -1, WRITE_VALUE = 0, WRITE_NULL = 1 };

/* Fills row and returns WRITE_VALUE, returns WRITE_NULL where value stands for a null (NaT), or
   returns WRITE_FAILED with an exception set. Borrows value, which is not None. */
typedef int (*WriteValue)(Columns *columns, Column *column, int64_t row, PyObject *value);

/* How the values of one Arrow type are stored and converted. */
typedef struct {
    const char *format;   /* of the Arrow C Data Interface, to the colon where it has one */
    int bit_width;        /* of one value, or of one offset */
    bool variable;        /* values are int32 offsets into data */
    ReadValue read;
    WriteValue write;
} Codec;

/* One column. Buffers are those of the Arrow columnar format, in native byte order. */
struct Column {
    const Codec *codec;
    PyObject *name;            /* owned, interned */
    PyObject *type;            /* owned: the SQL type, for messages */
    bool nullable;
    int32_t length;            /* most characters or bytes, INT32_MAX for no limit */
    int precision;             /* of a DECIMAL */
    int scale;
    int64_t ticks_per_second;  /* of a TIMESTAMP */
    int64_t ticks_kept;        /* results are cut to a multiple of this many ticks */
    bool utc;                  /* TIMESTAMP_LTZ */
    size_t values_offset;      /* in the arena */
    size_t validity_offset;
    uint8_t *data;             /* owned; of a variable-width column */
    int64_t data_capacity;
};

/* All columns of one side of a model. A Python object, because a Row that was made from it reads
   through its columns for as long as it lives. */
struct Columns {
    PyObject_VAR_HEAD
    NativeState *state;        /* borrowed from the module, which the type keeps alive */
    const char *role;          /* "INPUT" or "OUTPUT", for messages */
    PyObject *names;           /* owned tuple of str */
    uint8_t *arena;            /* owned; values, then validity bitmaps, of all columns */
    size_t arena_size;         /* stays when the arena is freed */
    int64_t capacity;          /* in rows */
    Py_ssize_t variable_count; /* columns with data buffers */
    bool moved;                /* a buffer moved since the flag was cleared */
    Column columns[1];
};

static inline uint8_t *
column_values(const Columns *columns, const Column *column)
{
    return columns->arena + column->values_offset;
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

/* codec_table.c */

/* Fills codec and the type's parameters from format and returns 0, or returns -1 with an exception
   set. */
int column_set_format(Column *column, const char *format);

/* columns_object.c */

/* Returns a new reference to columns for one row, or NULL with an exception set. Borrows fields, a
   sequence of dicts as a request has them, and role for ever. */
Columns *columns_from_fields(NativeState *state, const char *role, PyObject *fields);

/* memory.c */

/* Grows the arena to at least rows and keeps its contents. Returns 0, or -1 with an exception
   set. */
int columns_reserve(Columns *columns, int64_t rows);

/* Grows the data buffer to at least capacity and keeps its contents. Returns 0, or -1 with an
   exception set. */
int column_reserve_data(Columns *columns, Column *column, int64_t capacity);

/* Frees the memory of all columns; their description and layout stay, for Rows that copied it. */
void columns_free_memory(Columns *columns);

/* Appends size bytes as the variable-width value of row. Returns 0, or -1 with an exception
   set. Borrows bytes. */
int columns_append_bytes(Columns *columns, Column *column, int64_t row, const void *bytes,
                         int64_t size);

/* rows_from_arrow.c */

/* Returns the value of one cell as a new reference, or NULL with an exception set. */
PyObject *value_from_arrow(const Columns *columns, const Column *column, const Buffers *buffers,
                           int64_t row);

/* Returns a new Row with the fields of row, or NULL with an exception set. */
PyObject *row_from_arrow(Columns *columns, int64_t row);

/* rows_to_arrow.c */

/* Fills columns with what predict returned. Returns the number of rows, or -1 with an exception
   set. Borrows result. */
Py_ssize_t rows_to_arrow(Columns *columns, PyObject *result);

/* row.c */

/* Returns a new Row of row 0 of columns that hold one row, or NULL with an exception set. Its
   fields are read when they are asked for, from a copy. Borrows columns. Takes spare, which
   row_recycle returned for a Row of the same columns. */
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

/* row_path.c */

/* Returns the columns of a side of NativeBridge (0 input, 1 output), borrowed. */
Columns *row_path_columns(RowPath *path, int side);

/* errors.c */

/* Raises ConversionError 'column NAME: ...' with the printf-like rest of PyUnicode_FromFormat.
   Returns -1. */
int raise_conversion_error(const Columns *columns, const Column *column, const char *format, ...);

/* The same, with the exception that is set as the cause. */
int raise_conversion_error_from(const Columns *columns, const Column *column,
                                const char *format, ...);

/* Raises 'column NAME: expected TYPE, got the type of value'. Returns -1. */
int raise_wrong_type(const Columns *columns, const Column *column, PyObject *value);

/* Codecs, one pair for each Arrow type: codec_number.c, codec_text.c, codec_time.c and
   codec_decimal.c. */
PyObject *read_bool(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_int8(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_int16(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_int32(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_int64(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_float(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_double(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_utf8(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_binary(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_date32(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_time32(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_timestamp(const Columns *, const Column *, const Buffers *, int64_t);
PyObject *read_decimal128(const Columns *, const Column *, const Buffers *, int64_t);
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

/* Imports what the codec needs. Returns 0, or -1 with an exception set. */
int codec_time_import(void);
int codec_decimal_import(NativeState *state);

/* Whether value is the numpy scalar called name ("numpy.datetime64"); numpy is not imported. */
bool is_numpy_scalar(PyObject *value, const char *name);

#endif
