/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of an open function as the JVM sees them. */

#include "function_columns.h"

#include "describe_error.h"
#include "memory.h"

/* Adds columns to the list. Returns 0, or -1 with an exception set. Borrows columns. */
static int
add_columns(OpenFunction *self, Columns *columns)
{
    size_t size = ((size_t)self->columns_count + 1) * sizeof(*self->all_columns);
    Columns **all_columns = PyMem_Realloc(self->all_columns, size);
    if (all_columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->all_columns = all_columns;
    self->all_columns[self->columns_count++] = columns;
    return 0;
}

/* Adds the elements of all LISTs in columns, and of those in them, to the list. Returns 0, or -1
   with an exception set. */
static int
add_elements(OpenFunction *self, const Columns *columns)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        Columns *elements = columns->columns[i].elements;
        if (elements != NULL &&
            (add_columns(self, elements) < 0 || add_elements(self, elements) < 0)) {
            return -1;
        }
    }
    return 0;
}

int
function_columns_list(OpenFunction *self)
{
    if (add_columns(self, self->inputs[0]) < 0 || add_columns(self, self->output) < 0 ||
        (self->slots > 1 && add_columns(self, self->inputs[1]) < 0) ||
        add_elements(self, self->output) < 0) {
        return -1;
    }
    for (int slot = 0; slot < self->slots; slot++) {
        if (add_elements(self, self->inputs[slot]) < 0) {
            return -1;
        }
    }
    return 0;
}

Columns *
function_columns(const OpenFunction *self, int number)
{
    return self->all_columns[number];
}

/* Returns the number of columns. Borrows columns. */
static int
number_of(const OpenFunction *self, const Columns *columns)
{
    int number = 0;
    while (self->all_columns[number] != columns) {
        number++;
    }
    return number;
}

uint8_t *
function_columns_memory(const Columns *columns, int column, size_t *size)
{
    if (column == ARENA) {
        *size = columns->arena_size;
        return columns->arena;
    }
    *size = (size_t)columns->columns[column].data_capacity;
    return columns->columns[column].data;
}

int
function_columns_layout(const OpenFunction *self, const Columns *columns, int32_t *layout)
{
    int count = 1 + LAYOUT_INTS * (int)Py_SIZE(columns);

    if (layout == NULL) {
        return count;
    }
    *layout++ = (int32_t)columns->capacity;
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        const Column *column = &columns->columns[i];
        *layout++ = (int32_t)column->validity_offset;
        *layout++ = (int32_t)column->values_offset;
        *layout++ = column->elements == NULL ? -1 : number_of(self, column->elements);
    }
    return count;
}

int
function_columns_reset(OpenFunction *self, int slot, int64_t rows)
{
    Columns *input = self->inputs[slot];

    if (columns_try_reset(input, rows) < 0) {
        return -1;
    }
    bool moved = input->moved;
    input->moved = false;
    return moved;
}

PyObject *
function_columns_describe_full(const Columns *columns, const Column *column, int status)
{
    if (status == NO_MEMORY) {
        return NULL;
    }
    PyGILState_STATE gil = PyGILState_Ensure();
    raise_column_full(columns, column, status);
    PyObject *text = describe_step_error();
    PyGILState_Release(gil);
    return text;
}
