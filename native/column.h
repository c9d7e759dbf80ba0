/* SPDX-License-Identifier: Apache-2.0 */
/* Arrow columns: their description and their memory. */
#ifndef PYFLINK_ML_EMBEDDED_COLUMN_H
#define PYFLINK_ML_EMBEDDED_COLUMN_H

#include "native.h"

#include "bitmap.h"

#include <stdatomic.h>
#include <string.h>

/* Bits of what predict functions return besides the number of rows; see NativeBridge. */
#define OUTPUT_MOVED (1 << 30)
#define INPUT_MOVED (1 << 29)

typedef struct Column Column;
typedef struct Columns Columns;

/* Memory in the layout of columns: their own, or a Row's copy of it. */
typedef struct {
    const Columns *columns;
    const uint8_t *arena;
    const uint8_t *data; /* of a copy: that of all variable-width columns in turn; or NULL */
} Source;

/* Returns a new reference to the value at row, or NULL with an exception set. The caller has
   checked that it is not null. */
typedef PyObject *(*ReadValue)(const Source *source, const Column *column, int64_t row);

/* The result of a WriteValue. */
enum { WRITE_FAILED = -1, WRITE_VALUE = 0, WRITE_NULL = 1 };

/* Fills row and returns WRITE_VALUE, returns WRITE_NULL where value stands for a null (NaT), or
   returns WRITE_FAILED with an exception set. Borrows value, which is not None. */
typedef int (*WriteValue)(Columns *columns, Column *column, int64_t row, PyObject *value);

/* Checks the values of count rows from row on, which were copied in as a block, and cuts them to
   the precision of the column; a null is 0 or empty. Returns 0, or -1 with an exception set, and
   fills *failed with the row that does not fit. */
typedef int (*CheckValues)(const Columns *columns, const Column *column, int64_t row, int64_t count,
                           int64_t *failed);

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
    VARIABLE_WIDTH, /* int32 offsets into data */
    LIST,           /* int32 offsets into elements */
    STRUCT,         /* no values: its fields are columns of the same length */
} Layout;

/* How the values of one Arrow type are stored, converted and checked. */
typedef struct {
    const char *format; /* of the Arrow C Data Interface, to the colon where it has one */
    Kind kind;
    Layout layout;
    int bit_width; /* of one value, or of one offset */
    ReadValue read;
    WriteValue write;
    CheckValues check;        /* NULL where all values of the type fit */
    const char *dtype;        /* numpy's name for the same values, or NULL */
    int64_t ticks_per_second; /* of a TIME or TIMESTAMP */
} Codec;

/* What was found out about the names of the records that were written last; see record_names.h. */
typedef struct {
    PyObject *names;   /* owned tuple, or NULL */
    Py_ssize_t *order; /* owned: for each column the position of its name; or NULL: by position */
    PyObject *type;    /* owned weak reference to a type, or NULL */
    PyObject
        *type_names; /* owned tuple: the fields of its objects; or None: they are not records */
} NameCache;

/* One column. Buffers are those of the Arrow columnar format, in native byte order. */
struct Column {
    const Codec *codec;
    PyObject *name;   /* owned, interned */
    PyObject *path;   /* owned: its name, prefixed with those of its parent columns */
    PyObject *type;   /* owned: the SQL type, for messages */
    PyObject *format; /* owned: of the Arrow C Data Interface */
    bool nullable;
    int32_t length; /* most characters or bytes, INT32_MAX for no limit */
    int precision;  /* of a DECIMAL */
    int scale;
    PyObject *unit;        /* owned: Decimal(10) ** -scale */
    int64_t ticks_kept;    /* results are cut to a multiple of this many ticks */
    bool utc;              /* TIMESTAMP_LTZ */
    Py_ssize_t span;       /* 1 and, in a STRUCT, the spans of its fields, which follow it */
    PyObject *field_names; /* owned tuple of str; of a STRUCT */
    NameCache known_names; /* of records for these fields */
    Columns *elements;     /* owned; of a LIST */
    PyObject *dtype;       /* owned: the numpy.dtype of a LIST that is read as an array */
    size_t values_offset;  /* in the arena */
    size_t validity_offset;
    uint8_t *data; /* holds a block; of a variable-width column */
    int64_t data_capacity;
};

/* Columns of one length: those of one side of a model, or of the elements of a LIST. The fields of
   a STRUCT follow it. A Python object, because a Row that was made from it reads through its
   columns for as long as it lives. */
struct Columns {
    PyObject_VAR_HEAD NativeState *state; /* borrowed from the module, which the type keeps alive */
    const char *role;                     /* "INPUT" or "OUTPUT", for messages */
    Columns *root;          /* borrowed: the columns of the rows that all this belongs to */
    Py_ssize_t field_count; /* columns without those of fields of a STRUCT */
    PyObject *names;        /* owned tuple of str: of these */
    Column **fields;        /* owned: these */
    NameCache known_names;  /* of records for these */
    uint8_t *arena;         /* holds a block; values, then validity bitmaps, of all columns */
    size_t arena_size;      /* kept when the arena is freed */
    int64_t capacity;       /* in rows */
    int64_t rows;           /* written last; not of elements, nor of what Java writes */
    bool has_lists;         /* some column is a LIST */
    bool has_containers;    /* some column is a LIST or a STRUCT */
    /* Of a root, for all that belongs to it: */
    bool moved;                     /* memory moved since the flag was cleared */
    bool large;                     /* some buffer is large enough to shrink */
    bool exported;                  /* memory was exported since it was last reset */
    struct ArrowArray *last_export; /* owned, or NULL: the last that columns_export_rows filled */
    bool busy;                      /* being written or read */
    _Atomic int64_t bytes;          /* of all arenas and data buffers, also for other threads */
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

/* Returns the value of one cell as a new reference, or NULL with an exception set. */
static inline PyObject *
value_from_arrow(const Source *source, const Column *column, int64_t row)
{
    if (!bit_is_set(source->arena + column->validity_offset, row)) {
        Py_RETURN_NONE;
    }
    return column->codec->read(source, column, row);
}

#endif
