/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts rows in groups of one shape. All results are kept until they are written, because the
   rows of an ARRAY column are written in order. */

#include "onnx_groups.h"

#include "onnx_input.h"

/* Where the file predicts a row. */
typedef struct {
    int call;  /* its number, from 0; or -1 */
    int index; /* of the row in it */
} Place;

/* The rows of one batch. An array of [n][count] has the items of a row at a distance of count. */
typedef struct {
    OnnxEngine *engine;
    int count;             /* of rows */
    const char **elements; /* of each input: those of all rows */
    Shape *shapes;         /* [inputs][count]: of a row */
    int64_t *starts;       /* [inputs][count]: the element of the input with which a row starts */
    Place *places;         /* of each row */
    int *members;          /* rows of the group that is predicted */
    int calls;             /* of the file */
    char **copies;         /* [count][inputs]: what each call read, which results may refer to */
    OrtValue **values;     /* [count][outputs]: what each call made */
    OutputRows *results;   /* [count][outputs] */
} Groups;

static bool
groups_init(Groups *groups, OnnxEngine *engine, int count)
{
    size_t rows = (size_t)count;
    size_t inputs = (size_t)engine->input_count;
    size_t outputs = (size_t)engine->output_count;

    *groups = (Groups){
        .engine = engine,
        .count = count,
        .elements = PyMem_RawCalloc(inputs, sizeof(*groups->elements)),
        .shapes = PyMem_RawCalloc(inputs * rows, sizeof(*groups->shapes)),
        .starts = PyMem_RawCalloc(inputs * rows, sizeof(*groups->starts)),
        .places = PyMem_RawCalloc(rows, sizeof(*groups->places)),
        .members = PyMem_RawCalloc(rows, sizeof(*groups->members)),
        .copies = PyMem_RawCalloc(rows * inputs, sizeof(*groups->copies)),
        .values = PyMem_RawCalloc(rows * outputs, sizeof(*groups->values)),
        .results = PyMem_RawCalloc(rows * outputs, sizeof(*groups->results)),
    };
    return groups->elements != NULL && groups->shapes != NULL && groups->starts != NULL &&
           groups->places != NULL && groups->members != NULL && groups->copies != NULL &&
           groups->values != NULL && groups->results != NULL;
}

static void
groups_clear(Groups *groups)
{
    OnnxEngine *engine = groups->engine;

    for (Py_ssize_t i = 0; i < groups->calls * engine->output_count; i++) {
        if (groups->values[i] != NULL) {
            engine->session->runtime->release_value(groups->values[i]);
        }
    }
    for (Py_ssize_t i = 0; i < groups->calls * engine->input_count; i++) {
        PyMem_RawFree(groups->copies[i]);
    }
    PyMem_RawFree(groups->elements);
    PyMem_RawFree(groups->shapes);
    PyMem_RawFree(groups->starts);
    PyMem_RawFree(groups->places);
    PyMem_RawFree(groups->members);
    PyMem_RawFree(groups->copies);
    PyMem_RawFree(groups->values);
    PyMem_RawFree(groups->results);
}

/* Reads one input of all rows. Returns false where Python must decide. */
static bool
read_input(Groups *groups, Py_ssize_t index, const Columns *input, int64_t start)
{
    OnnxTensor *tensor = &groups->engine->inputs[index];
    Shape *shapes = groups->shapes + index * groups->count;
    int64_t *starts = groups->starts + index * groups->count;
    int64_t next = 0;

    for (int row = 0; row < groups->count; row++) {
        if (!onnx_input_shape(tensor, input, start + row, 1, &shapes[row])) {
            return false;
        }
        starts[row] = next;
        next += shape_size(&shapes[row]);
    }
    groups->elements[index] = onnx_input_elements(tensor, input, start, groups->count);
    return groups->elements[index] != NULL;
}

static bool
have_one_shape(const Groups *groups, int left, int right)
{
    for (Py_ssize_t i = 0; i < groups->engine->input_count; i++) {
        const Shape *shapes = groups->shapes + i * groups->count;
        if (!shapes_equal(&shapes[left], &shapes[right])) {
            return false;
        }
    }
    return true;
}

/* Fills the members with the rows, from first on, that have its shape and no place yet. Returns how
   many there are. */
static int
find_members(Groups *groups, int first)
{
    int count = 0;

    for (int row = first; row < groups->count; row++) {
        if (groups->places[row].call < 0 && have_one_shape(groups, first, row)) {
            groups->members[count++] = row;
        }
    }
    return count;
}

/* Returns a copy of the elements of rows, the last of them repeated up to size rows, or NULL
   without an exception. The caller frees it. */
static char *
gather(const Groups *groups, Py_ssize_t input, const int *rows, int count, int64_t size)
{
    size_t width = number_size(groups->engine->inputs[input].element->number);
    size_t bytes = (size_t)shape_size(&groups->shapes[input * groups->count + rows[0]]) * width;
    char *memory = PyMem_RawMalloc((size_t)size * bytes);

    for (int64_t i = 0; memory != NULL && i < size; i++) {
        int row = rows[i < count ? i : count - 1];
        int64_t start = groups->starts[input * groups->count + row];
        memcpy(memory + (size_t)i * bytes, groups->elements[input] + (size_t)start * width, bytes);
    }
    return memory;
}

/* Makes the inputs of a call of size rows. Returns whether that succeeds. */
static bool
set_inputs(Groups *groups, const int *rows, int count, int64_t size)
{
    OnnxEngine *engine = groups->engine;
    char **copies = groups->copies + groups->calls * engine->input_count;

    for (Py_ssize_t i = 0; i < engine->input_count; i++) {
        OnnxTensor *tensor = &engine->inputs[i];
        Shape shape = onnx_tensor_shape(tensor, &groups->shapes[i * groups->count + rows[0]], size);
        if ((copies[i] = gather(groups, i, rows, count, size)) == NULL ||
            onnx_tensor_set(tensor, engine->session, copies[i], &shape) < 0) {
            return false;
        }
        engine->given[i] = tensor->value;
    }
    return true;
}

/* Predicts rows of one shape in one call of the file. Returns whether that succeeds. */
static bool
predict_call(Groups *groups, const int *rows, int count)
{
    OnnxEngine *engine = groups->engine;
    int64_t size = engine->rows == 0 ? count : engine->rows;
    Py_ssize_t first = groups->calls * engine->output_count;

    for (int i = 0; i < count; i++) {
        groups->places[rows[i]] = (Place){groups->calls, i};
    }
    bool succeeds = set_inputs(groups, rows, count, size) &&
                    onnx_engine_run(engine, engine->given, groups->values + first);
    groups->calls++;
    for (Py_ssize_t i = 0; succeeds && i < engine->output_count; i++) {
        succeeds = onnx_output_read(&engine->outputs[i], engine->session->runtime,
                                    groups->values[first + i], size, &groups->results[first + i]);
    }
    return succeeds;
}

/* Predicts all rows. Returns whether that succeeds. */
static bool
predict_groups(Groups *groups)
{
    for (int row = 0; row < groups->count; row++) {
        groups->places[row].call = -1;
    }
    for (int row = 0; row < groups->count; row++) {
        if (groups->places[row].call >= 0) {
            continue;
        }
        int count = find_members(groups, row);
        int limit = groups->engine->rows == 0 ? count : (int)groups->engine->rows;
        for (int done = 0; done < count; done += limit) {
            int size = count - done < limit ? count - done : limit;
            if (!predict_call(groups, groups->members + done, size)) {
                return false;
            }
        }
    }
    return true;
}

/* Returns whether all values fit their columns. */
static bool
write_rows(const Groups *groups, Columns *output)
{
    const OnnxEngine *engine = groups->engine;

    for (int row = 0; row < groups->count; row++) {
        Place place = groups->places[row];
        const OutputRows *results = groups->results + place.call * engine->output_count;
        for (Py_ssize_t i = 0; i < engine->output_count; i++) {
            if (!onnx_output_write(&engine->outputs[i], &results[i], place.index, 1, output, row)) {
                return false;
            }
        }
    }
    return true;
}

int
onnx_predict_groups(OnnxEngine *engine, const Columns *input, int64_t start, int count,
                    Columns *output)
{
    Groups groups;

    bool succeeds = groups_init(&groups, engine, count);
    for (Py_ssize_t i = 0; succeeds && i < engine->input_count; i++) {
        succeeds = read_input(&groups, i, input, start);
    }
    succeeds = succeeds && predict_groups(&groups) && write_rows(&groups, output);
    groups_clear(&groups);
    return succeeds ? 0 : DECLINED;
}
