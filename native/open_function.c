/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFunction: one open predict function with its input and output columns. */

#include "open_function.h"

#include "await_path.h"
#include "batch_path.h"
#include "block.h"
#include "call.h"
#include "columns_from_arrays.h"
#include "columns_from_fields.h"
#include "describe_error.h"
#include "engine_path.h"
#include "function_columns.h"
#include "memory.h"
#include "process_check.h"
#include "row_path.h"
#include "rows_from_arrow.h"
#include "rows_to_arrow.h"
#include "signals.h"
#include "tap.h"

#include <structmember.h>
#include <unistd.h>

/* How many rows that are done one call can take. Batches are taken one by one. */
#define MAX_ROWS_TAKEN 1024

#define SECOND INT64_C(1000000000)

/* Returns 0 where rows may be predicted, or -1 with an exception set. */
static int
check_ready(const OpenFunction *self)
{
    if (self->running) {
        PyErr_SetString(PyExc_RuntimeError, "predict was called while it was running");
        return -1;
    }
    if (self->function == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "predict was called after close");
        return -1;
    }
    return 0;
}

/* Checks after a call, whose number is from 1 on, what it may have changed for the process: after
   the first calls, which load libraries, and then at intervals. A check takes 2 us and more, so
   that one after each call would double the time of a row. */
static void
check_process(OpenFunction *self, int64_t call, int64_t interval)
{
    bool is_first = (call & (call - 1)) == 0;

    if (is_first || call % interval == 0) {
        signals_check(self->model);
        process_check_run(self->output->state, is_first);
    }
}

/* Sets the gauges of user code, at most once a second. Raises nothing. */
static void
refresh_gauges(OpenFunction *self)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    int64_t now = time.tv_sec * SECOND + time.tv_nsec;
    if (now - self->refreshed < SECOND || PyContext_Enter(self->context) < 0) {
        return;
    }
    self->refreshed = now;
    PyObject *done = PyObject_CallNoArgs(self->refresh);
    PyContext_Exit(self->context);
    if (done == NULL) {
        PyErr_WriteUnraisable(self->refresh);
    }
    Py_XDECREF(done);
}

/* Measures a call that begins. */
static inline void
begin_measured(OpenFunction *self, int slot, int64_t start, int count)
{
    if (self->measure.is_measured) {
        measure_input(&self->measure, self->inputs[slot], start, count);
    }
}

/* Measures the call, which has ended with this result, and sets the gauges of user code. */
static inline void
end_measured(OpenFunction *self, int result)
{
    if (self->measure.is_measured) {
        measure_end(&self->measure, self->output);
        measure_memory(&self->measure, self->inputs, self->slots, self->output);
    }
    if (self->refresh != NULL && result >= 0) {
        refresh_gauges(self);
    }
}

int
open_function_predict(OpenFunction *self, int64_t row_number)
{
    if (check_ready(self) < 0) {
        return -1;
    }
    call_begin(self);
    self->rows = row_number;
    begin_measured(self, 0, 0, 1);
    int result = predict_row(self);
    end_measured(self, result);
    call_end(self);
    check_process(self, row_number, 1024);
    return result;
}

int
open_function_predict_batch(OpenFunction *self, int slot, int64_t start, int count,
                            int64_t row_number)
{
    if (check_ready(self) < 0) {
        return -1;
    }
    call_begin(self);
    begin_measured(self, slot, start, count);
    int result = predict_batch(self, slot, start, count);
    end_measured(self, result);
    call_end(self);
    check_process(self, ++self->batches, 64);
    if (result < 0) {
        return -1;
    }
    if (tap_is_due(self, count)) {
        tap_take(self, slot, start, count, row_number);
    }
    int moved = self->output->moved ? OUTPUT_MOVED : 0;
    self->output->moved = false;
    return result | moved;
}

int
open_function_start(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number)
{
    if (check_ready(self) < 0) {
        self->failed = -1;
        return -1;
    }
    call_begin(self);
    measure_input(&self->measure, self->inputs[slot], start, count);
    int status = start_calls(self, slot, start, count, row_number);
    measure_memory(&self->measure, self->inputs, self->slots, self->output);
    call_end(self);
    return status;
}

int
open_function_await(OpenFunction *self, int64_t microseconds)
{
    Py_CLEAR(self->failed_call);
    if (check_ready(self) < 0) {
        self->failed = -1;
        return -1;
    }
    call_begin(self);
    int result = await_calls(self, microseconds);
    if (self->refresh != NULL && result >= 0) {
        refresh_gauges(self);
    }
    call_end(self);
    check_process(self, ++self->batches, 64);
    if (result < 0) {
        return -1;
    }
    int moved = self->output->moved ? OUTPUT_MOVED : 0;
    self->output->moved = false;
    return result | moved;
}

void
open_function_wake(const OpenFunction *self)
{
    const uint64_t one = 1;
    while (write(self->wake_descriptor, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
}

/* Returns the name of the method of the class that is called. */
static const char *
method_name(const OpenFunction *self)
{
    return self->predict_batch == NULL ? "predict" : "predict_batch";
}

/* Describes the exception that is set, for the row that input has at index. Returns as
   open_function_describe_error. */
static PyObject *
describe_row_error(OpenFunction *self, const Columns *input, int64_t index, int64_t row_number)
{
    PyObject *type, *error, *traceback;
    bool was_running = self->running;

    PyErr_Fetch(&type, &error, &traceback);
    self->running = true;
    PyObject *row = row_from_arrow(input, index);
    self->running = was_running;
    PyErr_Clear();
    PyErr_Restore(type, error, traceback);
    PyObject *text = describe_error(method_name(self), self->model, row_number, row);
    Py_XDECREF(row);
    return text;
}

/* Also resets the input, which Java writes next. */
PyObject *
open_function_describe_error(OpenFunction *self)
{
    Columns *input = self->inputs[0];
    PyObject *text = describe_row_error(self, input, 0, self->rows);

    if (columns_try_reset(input, 1) < 0) {
        Py_CLEAR(text);
    }
    return text;
}

/* Names only the type of the exception, which does not belong to one row, because its message may
   contain values of any row. Returns as open_function_describe_error. */
static PyObject *
describe_rows_error(OpenFunction *self, int64_t row_number, int count)
{
    PyObject *text =
        PyUnicode_FromFormat("model '%U', rows %lld to %lld: %s failed with %s", self->model,
                             (long long)row_number, (long long)row_number + count - 1,
                             method_name(self), ((PyTypeObject *)PyErr_Occurred())->tp_name);
    PyErr_Clear();
    return text;
}

PyObject *
open_function_describe_batch_error(OpenFunction *self, int slot, int64_t start, int count,
                                   int64_t row_number)
{
    int failed = self->failed;

    if (failed >= 0) {
        return describe_row_error(self, self->inputs[slot], start + failed, row_number + failed);
    }
    return describe_rows_error(self, row_number, count);
}

PyObject *
open_function_describe_await_error(OpenFunction *self)
{
    PyObject *call = self->failed_call;
    PyObject *text;

    self->failed_call = NULL;
    if (call == NULL) {
        return describe_error(method_name(self), self->model, 0, NULL);
    }
    if (awaited_count(call) == 1) {
        text =
            describe_error(method_name(self), self->model, awaited_number(call), awaited_row(call));
    }
    else {
        text = describe_rows_error(self, awaited_number(call), awaited_count(call));
    }
    Py_DECREF(call);
    return text;
}

/* Creates the columns and offsets that Java and Python share. Returns 0, or -1 with an exception
 * set. */
static int
make_columns(OpenFunction *self, NativeState *state, PyObject *inputs, PyObject *outputs,
             bool numpy_arrays)
{
    for (int slot = 0; slot < self->slots; slot++) {
        self->inputs[slot] = columns_from_fields(state, "INPUT", inputs, numpy_arrays);
        if (self->inputs[slot] == NULL) {
            return -1;
        }
    }
    if (self->awaits != AWAITS_NOTHING) {
        size_t numbers_size = (size_t)self->max_rows * sizeof(*self->numbers);
        if ((self->numbers = (int64_t *)(void *)block_new_zeroed(numbers_size)) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    size_t offsets_size = (size_t)self->max_rows * sizeof(*self->offsets);
    if ((self->offsets = (int32_t *)(void *)block_new_zeroed(offsets_size)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->output = columns_from_fields(state, "OUTPUT", outputs, false);
    return self->output == NULL ? -1 : function_columns_list(self);
}

/* Takes the memory for metrics, or new memory where that is None. Returns 0, or -1 with an
   exception set. Borrows all. */
static int
set_metrics(OpenFunction *self, NativeState *state, PyObject *metrics, PyObject *refresh)
{
    if (metrics != Py_None && !PyObject_TypeCheck(metrics, state->metrics_memory_type)) {
        PyErr_SetString(PyExc_TypeError, "metrics is not a MetricsMemory");
        return -1;
    }
    metrics = metrics == Py_None ? PyObject_CallNoArgs((PyObject *)state->metrics_memory_type)
                                 : Py_NewRef(metrics);
    if (metrics == NULL) {
        return -1;
    }
    self->metrics = (MetricsMemory *)metrics;
    self->measure.statistics = metrics_statistics(self->metrics);
    self->refresh = refresh == Py_None ? NULL : Py_NewRef(refresh);
    return 0;
}

/* Takes the coroutines of batches that are opened for more than one row. Returns 0, or -1 with an
   exception set. Borrows awaiter. */
static int
set_awaiter(OpenFunction *self, PyObject *awaiter, bool has_batches)
{
    self->awaiter = Py_NewRef(awaiter);
    PyObject *number = PyObject_GetAttrString(awaiter, "wake_descriptor");
    long descriptor = number == NULL ? -1 : PyLong_AsLong(number);
    Py_XDECREF(number);
    if (descriptor < 0) {
        return -1;
    }
    self->wake_descriptor = (int)descriptor;
    if (self->slots == MAX_SLOTS) {
        self->awaits = has_batches ? AWAITS_BATCHES : AWAITS_ROWS;
        if (!has_batches && self->max_rows < MAX_ROWS_TAKEN) {
            self->max_rows = MAX_ROWS_TAKEN;
        }
    }
    return 0;
}

static PyObject *
open_function_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"function",  "model",        "inputs",     "outputs",
                               "context",   "numpy_arrays", "batch_size", "make_predict_batch",
                               "resources", "engine",       "metrics",    "refresh",
                               "awaiter",   "activity",     NULL};
    NativeState *state = PyType_GetModuleState(type);
    PyObject *function, *model, *inputs, *outputs, *context;
    PyObject *make_predict_batch = Py_None;
    PyObject *resources = Py_None;
    PyObject *engine = Py_None;
    PyObject *metrics = Py_None;
    PyObject *refresh = Py_None;
    PyObject *awaiter = Py_None;
    PyObject *activity = Py_None;
    int numpy_arrays = 0;
    int batch_size = 0;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "OUOOO!|piOOOOOOO:OpenFunction", keywords, &function, &model, &inputs,
            &outputs, &PyContext_Type, &context, &numpy_arrays, &batch_size, &make_predict_batch,
            &resources, &engine, &metrics, &refresh, &awaiter, &activity)) {
        return NULL;
    }
    if (engine != Py_None && !PyObject_TypeCheck(engine, state->engine_type)) {
        PyErr_SetString(PyExc_TypeError, "engine is not an Engine");
        return NULL;
    }
    if (activity != Py_None && !PyObject_TypeCheck(activity, state->activity_type)) {
        PyErr_SetString(PyExc_TypeError, "activity is not an Activity");
        return NULL;
    }
    if (batch_size < 0) {
        PyErr_SetString(PyExc_ValueError, "batch_size is negative");
        return NULL;
    }
    OpenFunction *self = (OpenFunction *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->function = Py_NewRef(function);
    self->model = Py_NewRef(model);
    self->context = Py_NewRef(context);
    self->resources = resources == Py_None ? NULL : Py_NewRef(resources);
    self->engine = engine == Py_None ? NULL : (Engine *)Py_NewRef(engine);
    self->activity = activity == Py_None ? NULL : (Activity *)Py_NewRef(activity);
    self->slots = batch_size == 0 ? 1 : MAX_SLOTS;
    self->max_rows = batch_size == 0 ? 1 : batch_size;
    self->wake_descriptor = -1;
    if (set_metrics(self, state, metrics, refresh) < 0 ||
        (awaiter != Py_None && set_awaiter(self, awaiter, make_predict_batch != Py_None) < 0) ||
        make_columns(self, state, inputs, outputs, numpy_arrays == 1) < 0 ||
        (self->engine != NULL &&
         self->engine->bind(self->engine, self->inputs[0], self->output) < 0)) {
        Py_DECREF(self);
        return NULL;
    }
    if (make_predict_batch == Py_None) {
        PyObject *owner = self->awaiter == NULL ? function : self->awaiter;
        self->predict = PyObject_GetAttrString(owner, "predict");
    }
    else {
        self->predict_batch = PyObject_CallOneArg(make_predict_batch, (PyObject *)self->output);
    }
    if (self->predict == NULL && self->predict_batch == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
open_function_traverse(OpenFunction *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->function);
    Py_VISIT(self->predict);
    Py_VISIT(self->predict_batch);
    Py_VISIT(self->engine);
    Py_VISIT(self->context);
    Py_VISIT(self->resources);
    Py_VISIT(self->refresh);
    Py_VISIT(self->tap);
    Py_VISIT(self->awaiter);
    Py_VISIT(self->failed_call);
    return 0;
}

static int
open_function_clear(OpenFunction *self)
{
    Py_CLEAR(self->function);
    Py_CLEAR(self->predict);
    Py_CLEAR(self->predict_batch);
    Py_CLEAR(self->engine);
    Py_CLEAR(self->context);
    Py_CLEAR(self->resources);
    Py_CLEAR(self->refresh);
    Py_CLEAR(self->tap);
    Py_CLEAR(self->awaiter);
    Py_CLEAR(self->failed_call);
    Py_CLEAR(self->spare);
    return 0;
}

/* Rows may keep the columns, but not their memory. Takes columns, which may be NULL. */
static void
drop_columns(Columns *columns)
{
    if (columns != NULL) {
        columns_free_memory(columns);
        Py_DECREF(columns);
    }
}

static void
open_function_dealloc(OpenFunction *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    open_function_clear(self);
    Py_XDECREF(self->interruption);
    Py_XDECREF(self->model);
    Py_XDECREF(self->activity);
    for (int slot = 0; slot < self->slots; slot++) {
        drop_columns(self->inputs[slot]);
    }
    drop_columns(self->output);
    block_release((uint8_t *)self->offsets);
    Py_XDECREF(self->metrics);
    block_release((uint8_t *)self->numbers);
    PyMem_Free(self->all_columns);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Returns a new list of the results for one row, or NULL with an exception set. Borrows row. */
static PyObject *
predict_values(OpenFunction *self, PyObject *row)
{
    self->rows++;
    if (row_to_arrow(self->inputs[0], 0, row) < 0 ||
        (predict_row_by_engine(self, self->rows) == DECLINED && predict_row(self) < 0)) {
        return NULL;
    }
    return rows_from_arrow(self->output, 0, self->output->rows);
}

static PyObject *
open_function_call(OpenFunction *self, PyObject *args, PyObject *kwargs)
{
    PyObject *row;
    static char *keywords[] = {"row", NULL};

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O", keywords, &row) || check_ready(self) < 0) {
        return NULL;
    }
    call_begin(self);
    PyObject *results = predict_values(self, row);
    call_end(self);
    return results;
}

/* Returns a new list of the lists of results of each row of the output, or NULL with an exception
   set. */
static PyObject *
list_results(const OpenFunction *self, int count)
{
    PyObject *lists = PyList_New(0);

    for (int i = 0; lists != NULL && i < count; i++) {
        int start = i == 0 ? 0 : self->offsets[i - 1];
        PyObject *rows = rows_from_arrow(self->output, start, self->offsets[i]);
        if (rows == NULL || PyList_Append(lists, rows) < 0) {
            Py_CLEAR(lists);
        }
        Py_XDECREF(rows);
    }
    return lists;
}

/* Returns a new list of lists of results, or NULL with an exception set. Borrows rows, a tuple. */
static PyObject *
predict_batch_values(OpenFunction *self, PyObject *rows)
{
    Columns *input = self->inputs[0];
    int count = (int)PyTuple_GET_SIZE(rows);

    if (columns_reset(input, input->rows) < 0) {
        return NULL;
    }
    input->rows = 0;
    for (int i = 0; i < count; i++) {
        if (columns_reserve(input, i + 1) < 0 ||
            row_to_arrow(input, i, PyTuple_GET_ITEM(rows, i)) < 0) {
            return NULL;
        }
    }
    input->rows = count;
    if (predict_batch_by_engine(self, 0, 0, count, 1) == DECLINED &&
        predict_batch(self, 0, 0, count) < 0) {
        return NULL;
    }
    return list_results(self, count);
}

/* Returns 0 where a batch may have this many rows, or -1 with an exception set. */
static int
check_batch_size(const OpenFunction *self, Py_ssize_t rows)
{
    if (rows < 1 || rows > self->max_rows) {
        PyErr_Format(PyExc_ValueError, "a batch has 1 to %d rows, not %zd", self->max_rows, rows);
        return -1;
    }
    return 0;
}

static PyObject *
open_function_predict_list(OpenFunction *self, PyObject *rows)
{
    if (check_ready(self) < 0) {
        return NULL;
    }
    PyObject *tuple = PySequence_Tuple(rows);
    PyObject *results = NULL;
    if (tuple == NULL) {
        return NULL;
    }
    if (check_batch_size(self, PyTuple_GET_SIZE(tuple)) == 0) {
        call_begin(self);
        results = predict_batch_values(self, tuple);
        call_end(self);
    }
    Py_DECREF(tuple);
    return results;
}

/* Returns a new tuple of the output and the offsets, or NULL with an exception set. Borrows arrays,
   a tuple with one for each column of the input. */
static PyObject *
predict_array_values(OpenFunction *self, PyObject *arrays, int count)
{
    if (arrays_to_arrow(self->inputs[0], arrays, count) < 0 ||
        (predict_batch_by_engine(self, 0, 0, count, 1) == DECLINED &&
         predict_batch(self, 0, 0, count) < 0)) {
        return NULL;
    }
    return Py_BuildValue("Oy#", self->output, (const char *)self->offsets,
                         (Py_ssize_t)sizeof(*self->offsets) * count);
}

static PyObject *
open_function_predict_arrays(OpenFunction *self, PyObject *args)
{
    PyObject *sequence;
    PyObject *results = NULL;
    Py_ssize_t rows;

    if (!PyArg_ParseTuple(args, "On:predict_arrays", &sequence, &rows) || check_ready(self) < 0 ||
        check_batch_size(self, rows) < 0) {
        return NULL;
    }
    PyObject *arrays = PySequence_Tuple(sequence);
    if (arrays != NULL) {
        call_begin(self);
        results = predict_array_values(self, arrays, (int)rows);
        call_end(self);
        Py_DECREF(arrays);
    }
    return results;
}

static PyObject *
open_function_close(OpenFunction *self, PyObject *Py_UNUSED(unused))
{
    if (self->running) {
        PyErr_SetString(PyExc_RuntimeError, "close was called while predict was running");
        return NULL;
    }
    PyObject *resources = Py_XNewRef(self->resources);
    open_function_clear(self);
    if (resources == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *closed = PyObject_CallMethod(resources, "close", NULL);
    Py_DECREF(resources);
    if (closed == NULL) {
        return NULL;
    }
    Py_DECREF(closed);
    Py_RETURN_NONE;
}

static PyObject *
open_function_interrupt(OpenFunction *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"call", "reason", "force", NULL};
    long long call;
    PyObject *reason;
    int force = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "LU|p:interrupt", keywords, &call, &reason,
                                     &force)) {
        return NULL;
    }
    return PyBool_FromLong(call_interrupt(self, call, reason, force == 1) == CALL_INTERRUPTED);
}

static PyObject *
open_function_pause(OpenFunction *self, PyObject *Py_UNUSED(unused))
{
    bool was_called = atomic_load_explicit(&self->thread, memory_order_relaxed) != 0;

    if (was_called) {
        call_end(self);
        self->running = true;
    }
    return PyBool_FromLong(was_called);
}

static PyObject *
open_function_resume(OpenFunction *self, PyObject *Py_UNUSED(unused))
{
    call_begin(self);
    Py_RETURN_NONE;
}

static PyMethodDef open_function_methods[] = {
    {"interrupt", (PyCFunction)(void (*)(void))open_function_interrupt,
     METH_VARARGS | METH_KEYWORDS,
     "interrupt(call, reason, force=False)\n--\n\nRaise PredictTimeoutError with this message in"
     " the thread of a call, if the call with\nthat number is in progress, and return whether it"
     " is set. Without force, not while\nthe call may hold a lock of the whole process."},
    {"predict_batch", (PyCFunction)open_function_predict_list, METH_O,
     "predict_batch(rows)\n--\n\nPredict rows in one batch, through the columns in both\n"
     "directions, and return a list of the list of result Rows of each."},
    {"predict_arrays", (PyCFunction)open_function_predict_arrays, METH_VARARGS,
     "predict_arrays(arrays, rows)\n--\n\nPredict rows in one batch, given as one array for each"
     " column of INPUT, as\nColumns.write_columns takes them. Return the OUTPUT Columns, which the"
     " next call\nfills again, and the offset behind the last result of each row, int32 as bytes."},
    {"set_tap", (PyCFunction)tap_set, METH_VARARGS,
     "set_tap(tap, rows)\n--\n\nCall tap for a sample of the rows that the JVM predicts, first for"
     " the one with\nthis number, from 1.\n\n"
     "It gets the INPUT Columns, the first row and the number of rows in them, the index\n"
     "of the next row of the sample, the OUTPUT Columns, an int32 array as bytes, with the\n"
     "end offset of the results of each row, and the number of the first row. It returns\n"
     "the number of rows from the last of these to the next one of the sample, at least 1."},
    {"pause", (PyCFunction)open_function_pause, METH_NOARGS,
     "pause()\n--\n\nNote that the JVM's call only waits from now on, and return whether there is\n"
     "one."},
    {"resume", (PyCFunction)open_function_resume, METH_NOARGS,
     "resume()\n--\n\nNote that the JVM's call goes on after a pause, as if it were a new one."},
    {"close", (PyCFunction)open_function_close, METH_NOARGS,
     "close()\n--\n\nDrop the function, then close the resources. Existing Rows stay valid,\n"
     "and so do Java's views of the columns until this object is freed."},
    {NULL, NULL, 0, NULL},
};

/* Returns a new tuple, or None. */
static PyObject *
open_function_get_call(OpenFunction *self, void *Py_UNUSED(closure))
{
    unsigned long thread = atomic_load_explicit(&self->thread, memory_order_acquire);
    int64_t call = atomic_load_explicit(&self->calls, memory_order_relaxed);

    if (thread == 0) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("Lk", (long long)call, thread);
}

static PyGetSetDef open_function_getset[] = {
    {"call", (getter)open_function_get_call, NULL,
     "The number and the thread (threading.get_ident) of the call in progress, or None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef open_function_members[] = {
    {"function", T_OBJECT, offsetof(OpenFunction, function), READONLY,
     "The predict function, or None once closed."},
    {"awaiter", T_OBJECT, offsetof(OpenFunction, awaiter), READONLY,
     "What awaits its coroutines, or None."},
    {"context", T_OBJECT, offsetof(OpenFunction, context), READONLY,
     "The contextvars.Context that its calls run in, or None once closed."},
    {"model", T_OBJECT, offsetof(OpenFunction, model), READONLY, "The model's name."},
    {"activity", T_OBJECT, offsetof(OpenFunction, activity), READONLY, "Its Activity, or None."},
    {"rows", T_LONGLONG, offsetof(OpenFunction, rows), READONLY,
     "The number of the row that was predicted last, row by row."},
    {"silent_rows", T_LONGLONG, offsetof(OpenFunction, silent_rows), READONLY,
     "The rows for which predict returned None while it returned nothing else; or -1."},
    {"warm_up_nanoseconds", T_LONGLONG, offsetof(OpenFunction, warm_up_nanoseconds), 0,
     "How long the sample row took, or 0 where none was predicted."},
    {NULL, 0, 0, 0, NULL},
};

static const char open_function_doc[] =
    "OpenFunction(function, model, inputs, outputs, context, numpy_arrays=False, batch_size=0,\n"
    "             make_predict_batch=None, resources=None, engine=None, metrics=None,\n"
    "             refresh=None, awaiter=None, activity=None)\n--\n\n"
    "An open predict function with its Arrow columns.\n\n"
    "With numpy_arrays, ARRAYs of numbers are read as numpy arrays. batch_size is the size of the\n"
    "largest batch, or 0 to predict rows one by one. make_predict_batch is called with the OUTPUT\n"
    "Columns and returns a callable that fills them. The callable gets the INPUT Columns, the\n"
    "first row and the number of rows. It returns None if each row has one result, otherwise an\n"
    "int32 array with the end offset of the results of each row. Without make_predict_batch,\n"
    "function.predict is called for each row. An engine predicts first, and Python only what it\n"
    "declines. close() closes resources after it has dropped the function. metrics is the\n"
    "MetricsMemory that the JVM reads; refresh is called at most once a second, after the JVM's\n"
    "calls. An awaiter has the coroutines of a function whose methods are async; see\n"
    "_awaiting.calls. An activity is told of each call.\n\n"
    "Calling it with one row (a Row, tuple, list or dict) runs predict as Flink would, through\n"
    "the columns in both directions, and returns the list of result Rows.";

static PyType_Slot open_function_slots[] = {
    {Py_tp_doc, (void *)open_function_doc},   {Py_tp_new, open_function_new},
    {Py_tp_traverse, open_function_traverse}, {Py_tp_clear, open_function_clear},
    {Py_tp_dealloc, open_function_dealloc},   {Py_tp_call, open_function_call},
    {Py_tp_methods, open_function_methods},   {Py_tp_members, open_function_members},
    {Py_tp_getset, open_function_getset},     {0, NULL},
};

PyType_Spec open_function_spec = {
    .name = "pyflink_ml_embedded._native.OpenFunction",
    .basicsize = sizeof(OpenFunction),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = open_function_slots,
};
