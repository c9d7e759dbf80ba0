/* The object behind an open predict function, for the files of the two paths. */
#ifndef PYFLINK_ML_EMBEDDED_OPEN_FUNCTION_H
#define PYFLINK_ML_EMBEDDED_OPEN_FUNCTION_H

#include "column.h"

/* The input is written to one slot while rows are predicted from the other. */
#define MAX_SLOTS 2

struct OpenFunction {
    PyObject_HEAD
    PyObject *function;        /* owned; NULL once closed */
    PyObject *predict;         /* owned: its bound method, where it predicts rows */
    PyObject *predict_batch;   /* owned: what predicts batches, where it does: a callable of the
                                  input Columns, the first row and the number of rows */
    PyObject *context;         /* owned: the contextvars.Context that all its calls run in */
    PyObject *resources;       /* owned: what close closes last, or NULL */
    PyObject *model;           /* owned str */
    Columns *inputs[MAX_SLOTS]; /* owned; one on the row path */
    int slots;
    Columns *output;           /* owned */
    Columns **domains;         /* owned, what is in it borrowed: see open_function_domain */
    int domain_count;
    int32_t *offsets;          /* owned, of a batch: for each row the offset behind its last result;
                                  capacity max_rows */
    int max_rows;              /* of a batch */
    int failed;                /* the row of the last batch that failed, or -1 for all of them */
    PyObject *spare;           /* owned: a Row to use again, or NULL */
    int64_t rows;              /* the number of the row predicted last, row by row */
    bool running;
};

/* row_path.c, batch_path.c: what the functions of these names in native.h do, but they do not look
   whether they may. Borrow self. */
int predict_row(OpenFunction *self);
int predict_batch(OpenFunction *self, int slot, int64_t start, int count);

#endif
