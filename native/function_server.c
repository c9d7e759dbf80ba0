/* SPDX-License-Identifier: Apache-2.0 */
/* FunctionServer: answers what the JVM asks of an open function in a worker process, as bridge.c
   does in the JVM's own process.

   It has two channels. The thread that calls serve() answers on one of them, and predicts. A thread
   without Python answers on the other one, so that the input can grow while rows are predicted. */

#include "function_server.h"

#include "block.h"
#include "channel.h"
#include "describe_error.h"
#include "engine_path.h"
#include "function_columns.h"
#include "memory.h"
#include "open_function.h"
#include "signals.h"

#include <pthread.h>
#include <structmember.h>
#include <unistd.h>

/* As in Channel.java. */
enum {
    PREDICT = 1,
    PREDICT_BATCH,
    CLOSE,
    RESET,
    MEMORY,
    LAYOUT,
    GROW,
    RESERVE,
    OFFSETS,
    METRICS,
    START,
    AWAIT,
    WAKE,
    NUMBERS
};

/* The first result of a request that failed: with text, or without memory. */
enum { FAILED = -1, OUT_OF_MEMORY = -2 };

typedef struct {
    PyObject_HEAD OpenFunction *function; /* owned */
    Channel calls;
    Channel memory;
    pthread_t memory_thread;
    bool has_memory_thread;
    pid_t process; /* a child that a model forks has another one */
} FunctionServer;

static int64_t
argument(const Channel *channel, int index)
{
    return channel->page->arguments[index];
}

/* Answers with a failure: a line of the names of the exception's classes, and the text. Takes both.
   classes may be NULL, and text is NULL where memory is exhausted. */
static void
set_failure(Channel *channel, PyObject *classes, PyObject *text, int failed_row)
{
    Py_ssize_t length = 0;
    PyObject *lines = text == NULL      ? NULL
                      : classes == NULL ? PyUnicode_FromFormat("\n%U", text)
                                        : PyUnicode_FromFormat("%U\n%U", classes, text);
    const char *bytes = lines == NULL ? NULL : PyUnicode_AsUTF8AndSize(lines, &length);

    if (bytes == NULL) {
        PyErr_Clear();
        channel->page->results[0] = OUT_OF_MEMORY;
    }
    else {
        channel_set_text(channel, bytes, (size_t)length);
        channel->page->results[0] = FAILED;
        channel->page->results[1] = failed_row;
    }
    Py_XDECREF(lines);
    Py_XDECREF(text);
    Py_XDECREF(classes);
}

/* Ends a child that the call has forked: only its parent may answer. */
static void
stop_child(const FunctionServer *self)
{
    if (getpid() != self->process) {
        signals_exit_child();
    }
}

/* Returns the number of rows as open_function_predict, or -1 once the failure is the answer. */
static int
predict(FunctionServer *self)
{
    OpenFunction *function = self->function;
    Channel *channel = &self->calls;

    measure_begin_row(&function->measure);
    int predicted = predict_row_by_engine(function, argument(channel, 0));
    if (predicted != DECLINED) {
        return predicted;
    }
    turns_enter(&function->caller);
    PyGILState_STATE gil = PyGILState_Ensure();
    turns_begin(&function->caller);
    measure_entered(&function->measure);
    int rows = open_function_predict(function, argument(channel, 0));
    stop_child(self);
    if (rows < 0) {
        PyObject *classes = describe_classes();
        set_failure(channel, classes, open_function_describe_error(function), 0);
    }
    PyGILState_Release(gil);
    turns_leave(&function->caller);
    return rows;
}

/* Returns as predict. */
static int
predict_slot(FunctionServer *self)
{
    OpenFunction *function = self->function;
    Channel *channel = &self->calls;
    int slot = (int)argument(channel, 0);
    int64_t start = argument(channel, 1);
    int count = (int)argument(channel, 2);
    int64_t row_number = argument(channel, 3);

    measure_begin(&function->measure, true);
    int predicted = predict_batch_by_engine(function, slot, start, count, row_number);
    if (predicted != DECLINED) {
        return predicted;
    }
    PyGILState_STATE gil = PyGILState_Ensure();
    measure_entered(&function->measure);
    int rows = open_function_predict_batch(function, slot, start, count, row_number);
    stop_child(self);
    if (rows < 0) {
        PyObject *classes = describe_classes();
        PyObject *text =
            open_function_describe_batch_error(function, slot, start, count, row_number);
        set_failure(channel, classes, text, function->failed);
    }
    PyGILState_Release(gil);
    return rows;
}

/* Returns 0, or -1 once the failure is the answer. */
static int
start_slot(FunctionServer *self)
{
    OpenFunction *function = self->function;
    Channel *channel = &self->calls;
    int slot = (int)argument(channel, 0);
    int64_t start = argument(channel, 1);
    int count = (int)argument(channel, 2);

    measure_begin(&function->measure, true);
    PyGILState_STATE gil = PyGILState_Ensure();
    int status = open_function_start(function, slot, start, count, argument(channel, 3));
    stop_child(self);
    if (status < 0) {
        PyObject *classes = describe_classes();
        PyObject *text =
            open_function_describe_batch_error(function, slot, start, count, argument(channel, 3));
        set_failure(channel, classes, text, function->failed);
    }
    PyGILState_Release(gil);
    return status;
}

/* Returns the number of calls as open_function_await, or -1 once the failure is the answer. */
static int
await_slot(FunctionServer *self)
{
    OpenFunction *function = self->function;
    Channel *channel = &self->calls;

    PyGILState_STATE gil = PyGILState_Ensure();
    int calls = open_function_await(function, argument(channel, 0));
    stop_child(self);
    if (calls < 0) {
        PyObject *classes = describe_classes();
        set_failure(channel, classes, open_function_describe_await_error(function),
                    function->failed);
    }
    PyGILState_Release(gil);
    return calls;
}

/* Answers with where bytes of a block are. */
static void
set_place(Channel *channel, const uint8_t *bytes, size_t size)
{
    Place place = block_place(bytes);
    int64_t *results = channel->page->results;

    results[0] = 0;
    results[1] = place.id;
    results[2] = place.descriptor;
    results[3] = (int64_t)place.segment_size;
    results[4] = (int64_t)place.offset;
    results[5] = (int64_t)size;
}

static void
set_memory(FunctionServer *self, Channel *channel)
{
    size_t size;
    Columns *columns = function_columns(self->function, (int)argument(channel, 0));
    const uint8_t *bytes = function_columns_memory(columns, (int)argument(channel, 1), &size);
    set_place(channel, bytes, size);
}

static int64_t
write_layout(FunctionServer *self, Channel *channel)
{
    const Columns *columns = function_columns(self->function, (int)argument(channel, 0));
    return function_columns_layout(self->function, columns, (int32_t *)(void *)channel->text);
}

/* Answers with the reason why memory could not grow. Only this step needs the GIL. */
static void
set_column_full(Channel *channel, const Columns *columns, const Column *column, int status)
{
    PyObject *text = function_columns_describe_full(columns, column, status);
    PyGILState_STATE gil = PyGILState_Ensure();
    set_failure(channel, NULL, text, -1);
    PyGILState_Release(gil);
}

static void
grow(FunctionServer *self, Channel *channel)
{
    Columns *columns = function_columns(self->function, (int)argument(channel, 0));
    Column *column = &columns->columns[argument(channel, 1)];

    int status = column_try_reserve_data(columns, column, argument(channel, 2));
    if (status < 0) {
        set_column_full(channel, columns, column, status);
    }
    else {
        set_memory(self, channel);
    }
}

static void
reserve(FunctionServer *self, Channel *channel)
{
    Columns *columns = function_columns(self->function, (int)argument(channel, 0));

    int status = columns_try_reserve(columns, argument(channel, 1));
    channel->page->results[0] = 0;
    if (status < 0) {
        set_column_full(channel, columns, NULL, status);
    }
}

/* Fills in the answer to a request that needs no Python. */
static void
answer_about_memory(FunctionServer *self, Channel *channel)
{
    const OpenFunction *function = self->function;
    int64_t *results = channel->page->results;
    int moved;

    switch (channel->page->operation) {
    case RESET:
        moved =
            function_columns_reset(self->function, (int)argument(channel, 0), argument(channel, 1));
        results[0] = moved < 0 ? OUT_OF_MEMORY : moved;
        break;
    case MEMORY:
        set_memory(self, channel);
        break;
    case LAYOUT:
        results[0] = write_layout(self, channel);
        break;
    case GROW:
        grow(self, channel);
        break;
    case RESERVE:
        reserve(self, channel);
        break;
    case OFFSETS:
        set_place(channel, (const uint8_t *)function->offsets,
                  (size_t)function->max_rows * sizeof(*function->offsets));
        break;
    case METRICS:
        set_place(channel, function->metrics->bytes, METRICS_CAPACITY);
        break;
    case NUMBERS:
        set_place(channel, (const uint8_t *)function->numbers,
                  (size_t)function->max_rows * sizeof(*function->numbers));
        break;
    case WAKE:
        open_function_wake(function);
        results[0] = 0;
        break;
    default:
        results[0] = OUT_OF_MEMORY;
        break;
    }
}

/* Answers a request that predicts. Returns false, and leaves the answer open, for other requests.
 */
static bool
answer_prediction(FunctionServer *self)
{
    Channel *channel = &self->calls;
    int result;

    switch (channel->page->operation) {
    case PREDICT:
        result = predict(self);
        break;
    case PREDICT_BATCH:
        result = predict_slot(self);
        break;
    case START:
        result = start_slot(self);
        break;
    case AWAIT:
        result = await_slot(self);
        break;
    default:
        return false;
    }
    if (result >= 0) {
        channel->page->results[0] = result;
    }
    return true;
}

/* Answers until the JVM closes the function. */
static void
answer_calls(FunctionServer *self)
{
    Channel *channel = &self->calls;

    while (channel_wait(channel) && channel->page->operation != CLOSE) {
        if (!answer_prediction(self)) {
            answer_about_memory(self, channel);
        }
        channel_answer(channel);
    }
}

static void *
run_memory_thread(void *self)
{
    FunctionServer *server = self;

    while (channel_wait(&server->memory)) {
        answer_about_memory(server, &server->memory);
        channel_answer(&server->memory);
    }
    return NULL;
}

/* Without the GIL, which the thread may wait for. */
static void
stop_memory_thread(FunctionServer *self)
{
    if (self->has_memory_thread) {
        channel_stop(&self->memory);
        pthread_join(self->memory_thread, NULL);
        self->has_memory_thread = false;
    }
}

static PyObject *
function_server_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"function", NULL};
    NativeState *state = PyType_GetModuleState(type);
    OpenFunction *function;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!:FunctionServer", keywords,
                                     state->open_function_type, &function)) {
        return NULL;
    }
    FunctionServer *self = (FunctionServer *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->function = (OpenFunction *)Py_NewRef(function);
    self->process = getpid();
    if (channel_open(&self->calls) < 0 || channel_open(&self->memory) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        Py_DECREF(self);
        return NULL;
    }
    if (pthread_create(&self->memory_thread, NULL, run_memory_thread, self) != 0) {
        PyErr_SetString(PyExc_RuntimeError, "no thread can be started");
        Py_DECREF(self);
        return NULL;
    }
    self->has_memory_thread = true;
    return (PyObject *)self;
}

static void
function_server_dealloc(FunctionServer *self)
{
    PyTypeObject *type = Py_TYPE(self);

    Py_BEGIN_ALLOW_THREADS stop_memory_thread(self);
    Py_END_ALLOW_THREADS if (self->calls.page != NULL)
    {
        channel_close(&self->calls);
    }
    if (self->memory.page != NULL) {
        channel_close(&self->memory);
    }
    Py_XDECREF(self->function);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
function_server_serve(FunctionServer *self, PyObject *Py_UNUSED(unused))
{
    Py_BEGIN_ALLOW_THREADS answer_calls(self);
    stop_memory_thread(self);
    Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

static PyObject *
function_server_finish(FunctionServer *self, PyObject *text)
{
    if (text != Py_None && !PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "the text of a failure is a str or None");
        return NULL;
    }
    self->calls.page->results[0] = 0;
    if (text != Py_None) {
        set_failure(&self->calls, NULL, Py_NewRef(text), -1);
    }
    channel_answer(&self->calls);
    Py_RETURN_NONE;
}

/* Returns a new dict of what the JVM needs to use a channel, or NULL with an exception set. */
static PyObject *
describe_channel(const Channel *channel)
{
    return Py_BuildValue("{sisnsisi}", "memory", channel->memory, "size",
                         (Py_ssize_t)(CHANNEL_TEXT_OFFSET + CHANNEL_TEXT_SIZE), "request",
                         channel->request[1], "response", channel->response[0]);
}

static PyObject *
function_server_describe(FunctionServer *self, PyObject *Py_UNUSED(unused))
{
    PyObject *has_engine = self->function->engine == NULL ? Py_False : Py_True;
    return Py_BuildValue("{sOsisNsN}", "has_engine", has_engine, "awaits",
                         (int)self->function->awaits, "call", describe_channel(&self->calls),
                         "memory", describe_channel(&self->memory));
}

static PyMethodDef function_server_methods[] = {
    {"describe", (PyCFunction)function_server_describe, METH_NOARGS,
     "describe()\n--\n\nReturn what the JVM needs to call the function."},
    {"serve", (PyCFunction)function_server_serve, METH_NOARGS,
     "serve()\n--\n\nAnswer the JVM's calls until it closes the function."},
    {"finish", (PyCFunction)function_server_finish, METH_O,
     "finish(text)\n--\n\nAnswer that the function is closed, with the text of a failure or None."},
    {NULL, NULL, 0, NULL},
};

static const char function_server_doc[] =
    "FunctionServer(function)\n--\n\nLets the JVM of this worker process call an OpenFunction.";

static PyType_Slot function_server_slots[] = {
    {Py_tp_doc, (void *)function_server_doc},
    {Py_tp_new, function_server_new},
    {Py_tp_dealloc, function_server_dealloc},
    {Py_tp_methods, function_server_methods},
    {0, NULL},
};

PyType_Spec function_server_spec = {
    .name = "pyflink_ml_embedded._native.FunctionServer",
    .basicsize = sizeof(FunctionServer),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = function_server_slots,
};
