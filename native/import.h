/* Data of others: arrays by the Arrow C Data Interface, and numbers of any width in memory. */
#ifndef PYFLINK_ML_EMBEDDED_IMPORT_H
#define PYFLINK_ML_EMBEDDED_IMPORT_H

#include "column.h" /* Python.h first */

#include "arrow_c_data.h"

/* import.c */

typedef struct {
    struct ArrowSchema schema; /* owned */
    struct ArrowArray array;   /* owned */
} ImportedArray;

/* Fills *imported from value.__arrow_c_array__(). Returns 0, or -1 with an exception set. Borrows
   value. */
int import_array(PyObject *value, ImportedArray *imported);

/* Takes what imported holds. Keeps the exception that is set. */
void release_imported(ImportedArray *imported);

/* number_type.c */

/* How numbers at a distance of stride bytes are read into contiguous memory. */
typedef struct {
    char arrow;               /* format of the Arrow C Data Interface */
    const char *items;        /* formats in the struct module, each one character */
    int size;                 /* in bytes */
    /* Returns how many were read: fewer than count where the next does not fit. NULL for floats. */
    Py_ssize_t (*read_integers)(const char *from, Py_ssize_t stride, Py_ssize_t count,
                                int64_t *to);
    void (*read_doubles)(const char *from, Py_ssize_t stride, Py_ssize_t count, double *to);
} NumberType;

/* Return NULL without an exception where the format is not that of a number. */
const NumberType *number_type_of_arrow(const char *format);
const NumberType *number_type_of_items(const char *format, Py_ssize_t size);

/* numbers_to_arrow.c */

typedef struct {
    const NumberType *type;   /* NULL for numpy's bool */
    const char *start;
    Py_ssize_t stride;        /* in bytes */
    Py_ssize_t count;
} Numbers;

/* Whether each number of type is a value of the column, or can be looked at without an object. */
bool takes_numbers(const Column *column, const NumberType *type);

/* Writes numbers from row on. Returns 0; or returns -1 with an exception set, and fills *failed
   with the row that does not fit. Borrows numbers, whose type the column takes. */
int numbers_to_arrow(Columns *columns, Column *column, int64_t row, const Numbers *numbers,
                     int64_t *failed);

/* imported_to_arrow.c */

/* Writes rows values of an Arrow array, whose type it checks, from row 0 on. Returns 0; or returns
   -1 with an exception set, and fills *failed with the row that does not fit, where it is one row.
   Borrows imported. */
int imported_to_arrow(Columns *columns, Column *column, const ImportedArray *imported,
                      int64_t rows, int64_t *failed);

#endif
