/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of the Python stacks of the JVM's calls in progress.

   A thread that has to take the GIL to look at stacks gets it where another one leaves it: between
   two rows, if they are short, when there is nothing to see. Stacks are therefore read without the
   GIL, and without an effect on the thread that they belong to. It may change or free them
   meanwhile, so each object is copied by the kernel, which reports memory that is gone, and is
   checked before it is used. */

#include "call_samples.h"

#include "open_function.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#if PY_VERSION_HEX >= 0x030B0000
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#define Py_BUILD_CORE 1
#include <internal/pycore_frame.h>
#undef Py_BUILD_CORE
#pragma GCC diagnostic pop
typedef struct _PyInterpreterFrame Frame;
/* The bytes of a frame with its code and its caller. */
#define FRAME_HEAD (offsetof(Frame, previous) + sizeof(void *))
#else
#include <frameobject.h>
typedef PyFrameObject Frame;
#define FRAME_HEAD (offsetof(Frame, f_code) + sizeof(void *))
#endif

/* The outermost frames of a deeper stack are left out. */
#define MAX_DEPTH 200

/* The most frames that are looked at, with those that have no code of Python. */
#define MAX_STEPS (2 * MAX_DEPTH)

/* A stack that is freed while it is read is read again this many times. */
#define TRIES 3

#define MAX_NAME 256
#define NANOSECONDS 1000000000LL

/* What is read of a code object. */
typedef struct {
    const void *address;
    int first_line;
    size_t name_size; /* in bytes */
    size_t file_size;
    int name_kind; /* as PyUnicode_FromKindAndData takes it */
    int file_kind;
    char name[MAX_NAME];
    char file[4 * MAX_NAME];
} Code;

/* A sample: the frames of one stack, from the callee to its callers. */
typedef struct {
    int function;
    int depth;
    double seconds;
    Py_ssize_t first; /* its first frame in frames */
} Sample;

typedef struct {
    unsigned long ident;
    PyThreadState *state; /* borrowed: only read through the kernel */
} Thread;

/* All of one call of call_samples_take. Its arrays are in raw memory. */
typedef struct {
    OpenFunction **functions; /* borrowed */
    Py_ssize_t function_count;
    Thread *threads;
    Py_ssize_t thread_count;
    Code *codes;
    Py_ssize_t code_count, code_capacity;
    Sample *samples;
    Py_ssize_t sample_count, sample_capacity;
    int32_t *frames; /* indexes of codes */
    Py_ssize_t frame_count, frame_capacity;
    bool refused; /* the kernel does not let this process read its memory */
} Samples;

/* Returns whether size bytes at source were copied. */
static bool
copy(Samples *self, void *target, const void *source, size_t size)
{
    struct iovec local = {target, size};
    struct iovec remote = {(void *)(uintptr_t)source, size};

    if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size) {
        return true;
    }
    self->refused = self->refused || errno == EPERM || errno == ENOSYS;
    return false;
}

/* Makes room for one more item of a raw array. Returns false where no memory is left. */
static bool
make_room(void **items, Py_ssize_t count, Py_ssize_t *capacity, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    Py_ssize_t larger = *capacity == 0 ? 64 : *capacity * 2;
    void *moved = PyMem_RawRealloc(*items, (size_t)larger * size);
    if (moved == NULL) {
        return false;
    }
    *items = moved;
    *capacity = larger;
    return true;
}

/* Fills characters with those of a str. Returns their bytes, or 0 where it is not a short compact
   str. */
static size_t
copy_text(Samples *self, const void *text, char *characters, size_t capacity, int *kind)
{
    PyASCIIObject head;

    if (text == NULL || !copy(self, &head, text, sizeof(head)) ||
        Py_TYPE((PyObject *)&head) != &PyUnicode_Type || !head.state.compact || head.length <= 0) {
        return 0;
    }
    *kind = head.state.kind;
    size_t size = (size_t)head.length * (size_t)*kind;
    size_t offset = head.state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
    if ((*kind != 1 && *kind != 2 && *kind != 4) || size > capacity ||
        !copy(self, characters, (const char *)text + offset, size)) {
        return 0;
    }
    return size;
}

/* Returns the index of the code at an address, or -1 where there is none. */
static int32_t
find_code(Samples *self, const void *address)
{
    PyCodeObject object;

    for (Py_ssize_t i = 0; i < self->code_count; i++) {
        if (self->codes[i].address == address) {
            return (int32_t)i;
        }
    }
    if (address == NULL || !copy(self, &object, address, sizeof(object)) ||
        Py_TYPE((PyObject *)&object) != &PyCode_Type ||
        !make_room((void **)&self->codes, self->code_count, &self->code_capacity, sizeof(Code))) {
        return -1;
    }
    Code *code = &self->codes[self->code_count];
#if PY_VERSION_HEX >= 0x030B0000
    const void *name = object.co_qualname;
#else
    const void *name = object.co_name;
#endif
    code->address = address;
    code->first_line = object.co_firstlineno;
    code->name_size = copy_text(self, name, code->name, sizeof(code->name), &code->name_kind);
    code->file_size =
        copy_text(self, object.co_filename, code->file, sizeof(code->file), &code->file_kind);
    if (code->name_size == 0 || code->file_size == 0) {
        return -1;
    }
    return (int32_t)self->code_count++;
}

/* Returns the address of the newest frame of a thread, or NULL. */
static const void *
newest_frame(Samples *self, const PyThreadState *state)
{
    const void *frame = NULL;
#if PY_VERSION_HEX >= 0x030D0000
    copy(self, &frame, &state->current_frame, sizeof(frame));
#elif PY_VERSION_HEX >= 0x030B0000
    const char *cframe = NULL;
    if (copy(self, &cframe, &state->cframe, sizeof(cframe)) && cframe != NULL) {
        copy(self, &frame, cframe + offsetof(_PyCFrame, current_frame), sizeof(frame));
    }
#else
    copy(self, &frame, &state->frame, sizeof(frame));
#endif
    return frame;
}

static const void *
code_of(const Frame *frame)
{
#if PY_VERSION_HEX >= 0x030E0000
    return (const void *)(frame->f_executable.bits & ~(uintptr_t)3);
#elif PY_VERSION_HEX >= 0x030D0000
    return frame->f_executable;
#else
    return frame->f_code;
#endif
}

static const void *
caller_of(const Frame *frame)
{
#if PY_VERSION_HEX >= 0x030B0000
    return frame->previous;
#else
    return frame->f_back;
#endif
}

/* Fills frames with the stack of a thread. Returns its depth, or -1 where it was freed meanwhile.
   Frames of CPython's own, which have no code of Python, are left out. A stack that has changed
   counts: without those, functions would be missing in which the thread does not stay as long as
   this takes. */
static int
read_stack(Samples *self, const PyThreadState *state, int32_t *frames)
{
    Frame frame;
    int depth = 0;
    int steps = 0;
    const void *next = newest_frame(self, state);

    for (; next != NULL && depth < MAX_DEPTH; next = caller_of(&frame)) {
        if (++steps > MAX_STEPS) { /* frames that are freed may form a circle */
            return -1;
        }
        if (!copy(self, &frame, next, FRAME_HEAD)) {
            return -1;
        }
        int32_t code = find_code(self, code_of(&frame));
        if (code >= 0) {
            frames[depth++] = code;
        }
    }
    return depth;
}

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void
pause_for(double seconds)
{
    long long nanoseconds = (long long)(seconds * (double)NANOSECONDS);
    struct timespec time = {(time_t)(nanoseconds / NANOSECONDS), (long)(nanoseconds % NANOSECONDS)};
    nanosleep(&time, NULL);
}

/* Returns the state of a thread, or NULL if it was not there when sampling began. */
static const PyThreadState *
find_thread(const Samples *self, unsigned long ident)
{
    for (Py_ssize_t i = 0; i < self->thread_count; i++) {
        if (self->threads[i].ident == ident) {
            return self->threads[i].state;
        }
    }
    return NULL;
}

/* Adds a sample of a function if it has a call in progress. Returns false where no memory is
   left. */
static bool
sample(Samples *self, int index, double seconds)
{
    OpenFunction *function = self->functions[index];
    int32_t frames[MAX_DEPTH];

    for (int tries = 0; tries < TRIES; tries++) {
        int64_t call = atomic_load_explicit(&function->calls, memory_order_relaxed);
        unsigned long ident = atomic_load_explicit(&function->thread, memory_order_acquire);
        const PyThreadState *state = ident == 0 ? NULL : find_thread(self, ident);
        if (state == NULL) {
            return true;
        }
        int depth = read_stack(self, state, frames);
        /* A call without a frame converts values, unless it has ended meanwhile. */
        if (depth < 0 ||
            (depth == 0 && atomic_load_explicit(&function->calls, memory_order_relaxed) != call)) {
            continue;
        }
        if (!make_room((void **)&self->samples, self->sample_count, &self->sample_capacity,
                       sizeof(Sample))) {
            return false;
        }
        self->samples[self->sample_count] = (Sample){index, depth, seconds, self->frame_count};
        for (int i = 0; i < depth; i++) {
            if (!make_room((void **)&self->frames, self->frame_count, &self->frame_capacity,
                           sizeof(*self->frames))) {
                return false;
            }
            self->frames[self->frame_count++] = frames[i];
        }
        self->sample_count++;
        return true;
    }
    return true;
}

/* Samples all functions at intervals. Needs no GIL. */
static bool
sample_for(Samples *self, double interval, double duration)
{
    double last = now();
    double end = last + duration;
    uint32_t random = (uint32_t)(uint64_t)(last * 1e9);

    while (last < end && !self->refused) {
        /* At equal intervals, each look might meet the same part of a regular load. */
        random = random * 1664525U + 1013904223U;
        pause_for(interval * (0.5 + (double)random / (double)UINT32_MAX));
        double time = now();
        for (Py_ssize_t i = 0; i < self->function_count; i++) {
            if (!sample(self, (int)i, time - last)) {
                return false;
            }
        }
        last = time;
    }
    return true;
}

/* Notes the threads of the interpreter. Returns 0, or -1 with an exception set. */
static int
list_threads(Samples *self)
{
    Py_ssize_t capacity = 0;
    PyThreadState *state = PyInterpreterState_ThreadHead(PyThreadState_Get()->interp);

    for (; state != NULL; state = PyThreadState_Next(state)) {
        if (!make_room((void **)&self->threads, self->thread_count, &capacity, sizeof(Thread))) {
            PyErr_NoMemory();
            return -1;
        }
        self->threads[self->thread_count++] = (Thread){state->thread_id, state};
    }
    return 0;
}

/* Returns a new list of one (name, file, first line) for each code, or NULL with an exception
   set. */
static PyObject *
list_codes(const Samples *self)
{
    PyObject *codes = PyList_New(0);

    for (Py_ssize_t i = 0; codes != NULL && i < self->code_count; i++) {
        const Code *code = &self->codes[i];
        PyObject *item =
            Py_BuildValue("NNi",
                          PyUnicode_FromKindAndData(code->name_kind, code->name,
                                                    (Py_ssize_t)code->name_size / code->name_kind),
                          PyUnicode_FromKindAndData(code->file_kind, code->file,
                                                    (Py_ssize_t)code->file_size / code->file_kind),
                          code->first_line);
        if (item == NULL || PyList_Append(codes, item) < 0) {
            Py_CLEAR(codes);
        }
        Py_XDECREF(item);
    }
    return codes;
}

/* Returns a new tuple of the codes of a stack, from its outermost frame on, or NULL with an
   exception set. */
static PyObject *
tuple_of_stack(const Samples *self, const Sample *sample, PyObject *codes)
{
    PyObject *stack = PyTuple_New(sample->depth);

    for (int i = 0; stack != NULL && i < sample->depth; i++) {
        int32_t code = self->frames[sample->first + sample->depth - 1 - i];
        PyTuple_SET_ITEM(stack, i, Py_NewRef(PyList_GET_ITEM(codes, code)));
    }
    return stack;
}

/* Returns a new list of samples, or NULL with an exception set. */
static PyObject *
list_samples(const Samples *self)
{
    PyObject *codes = list_codes(self);
    PyObject *samples = codes == NULL ? NULL : PyList_New(0);

    for (Py_ssize_t i = 0; samples != NULL && i < self->sample_count; i++) {
        const Sample *sample = &self->samples[i];
        PyObject *item = Py_BuildValue("idN", sample->function, sample->seconds,
                                       tuple_of_stack(self, sample, codes));
        if (item == NULL || PyList_Append(samples, item) < 0) {
            Py_CLEAR(samples);
        }
        Py_XDECREF(item);
    }
    Py_XDECREF(codes);
    return samples;
}

/* Fills self->functions, which the tuple keeps alive. Returns 0, or -1 with an exception set. */
static int
list_functions(Samples *self, const NativeState *state, PyObject *functions)
{
    self->function_count = PyTuple_GET_SIZE(functions);
    self->functions = PyMem_RawCalloc((size_t)self->function_count, sizeof(*self->functions));
    if (self->functions == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < self->function_count; i++) {
        PyObject *function = PyTuple_GET_ITEM(functions, i);
        if (!Py_IS_TYPE(function, state->open_function_type)) {
            PyErr_SetString(PyExc_TypeError, "sample_calls() takes OpenFunctions");
            return -1;
        }
        self->functions[i] = (OpenFunction *)function;
    }
    return 0;
}

PyObject *
call_samples_take(PyObject *module, PyObject *args)
{
    Samples self = {0};
    PyObject *functions;
    PyObject *result = NULL;
    double interval, duration;
    bool complete;

    if (!PyArg_ParseTuple(args, "O!dd:sample_calls", &PyTuple_Type, &functions, &interval,
                          &duration)) {
        return NULL;
    }
    if (list_functions(&self, PyModule_GetState(module), functions) < 0 ||
        list_threads(&self) < 0) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS complete = sample_for(&self, interval, duration);
    Py_END_ALLOW_THREADS if (!complete)
    {
        PyErr_NoMemory();
    }
    else if (self.refused)
    {
        PyErr_SetString(PyExc_OSError, "the kernel does not let this process read its own memory "
                                       "by process_vm_readv, as some containers do");
    }
    else
    {
        result = list_samples(&self);
    }
done:
    PyMem_RawFree(self.functions);
    PyMem_RawFree(self.threads);
    PyMem_RawFree(self.codes);
    PyMem_RawFree(self.samples);
    PyMem_RawFree(self.frames);
    return result;
}
