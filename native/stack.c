/* SPDX-License-Identifier: Apache-2.0 */
/* Limits recursion in Python to what the stack of a thread has room for. */

#include "stack.h"

#if PY_VERSION_HEX >= 0x030E0000

/* From 3.14 on, CPython looks at the stack of the thread, in place of counting levels. */
void
stack_limit_recursion(PyThreadState *Py_UNUSED(state))
{
}

PyObject *
stack_limit_current(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromLong(Py_GetRecursionLimit());
}

PyObject *
stack_set_recursion_limit(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *original;
    int limit;

    if (!PyArg_ParseTuple(args, "Oi:set_recursion_limit", &original, &limit)) {
        return NULL;
    }
    PyObject *result = PyObject_CallFunction(original, "i", limit);
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    return PyLong_FromLong(0);
}

#else

#include <pthread.h>

/* The most bytes of stack that one counted level takes; measured with 90 kinds of recursion. */
#if PY_VERSION_HEX < 0x030B0000
#define LEVEL_BYTES 850
#elif PY_VERSION_HEX < 0x030C0000
#define LEVEL_BYTES 950
#else
#define LEVEL_BYTES 750
#endif

/* For C functions at the deepest level, for a call of Java's logging, and for HotSpot's guard
   pages, which are part of the stack of a Java thread. */
#define RESERVED_BYTES ((Py_ssize_t)96 * 1024)

/* A sort that sorts takes 5 KB for two or three levels, so each counts as this many more. */
#define SORT_LEVELS 5

#define FEWEST_LEVELS 50

/* The entry of a thread state's dict for the number of its levels. */
#define LEVELS_KEY "pyflink_ml_embedded.levels"

/* The unique id of the state that this thread used last. */
static _Thread_local uint64_t last_state_id;

/* list.sort of CPython, or NULL where it is still in its place. CPython's table of methods is one
   for the process. */
static _PyCFunctionFastWithKeywords original_sort;

static PyObject *
counted_sort(PyObject *list, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *result = NULL;
    int entered = 0;

    while (entered < SORT_LEVELS && Py_EnterRecursiveCall(" in list.sort") == 0) {
        entered++;
    }
    if (entered == SORT_LEVELS) {
        result = original_sort(list, args, count, names);
    }
    while (entered-- > 0) {
        Py_LeaveRecursiveCall();
    }
    return result;
}

/* Replaces list.sort, which sorted() calls too. Returns 0, or -1 with an exception set. */
static int
count_sort(void)
{
    PyObject *method = NULL;

    if (original_sort != NULL) {
        return 0;
    }
    if ((method = PyObject_GetAttrString((PyObject *)&PyList_Type, "sort")) == NULL) {
        return -1;
    }
    if (Py_IS_TYPE(method, &PyMethodDescr_Type)) {
        PyMethodDef *definition = ((PyMethodDescrObject *)method)->d_method;
        if (definition->ml_flags == (METH_FASTCALL | METH_KEYWORDS)) {
            original_sort = (_PyCFunctionFastWithKeywords)(void (*)(void))definition->ml_meth;
            definition->ml_meth = (PyCFunction)(void (*)(void))counted_sort;
        }
    }
    Py_DECREF(method);
    return 0;
}

/* Returns for how many levels the calling thread's stack has room, or INT_MAX if that is unknown.
 */
static int
levels_from_stack(void)
{
    pthread_attr_t attributes;
    void *lowest;
    size_t size;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return INT_MAX;
    }
    int status = pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
    if (status != 0) {
        return INT_MAX;
    }
    Py_ssize_t room = (char *)__builtin_frame_address(0) - (char *)lowest - RESERVED_BYTES;
    return (int)Py_MIN(Py_MAX(room / LEVEL_BYTES, FEWEST_LEVELS), INT_MAX);
}

/* Returns how many levels the state has left. */
static int
remaining_levels(const PyThreadState *state)
{
#if PY_VERSION_HEX < 0x030B0000
    return Py_GetRecursionLimit() - state->recursion_depth;
#elif PY_VERSION_HEX < 0x030C0000
    return state->recursion_remaining;
#else
    return state->c_recursion_remaining;
#endif
}

/* Makes the state count as many levels as used, or as unused where negative. */
static void
use_levels(PyThreadState *state, int levels)
{
#if PY_VERSION_HEX < 0x030B0000
    state->recursion_depth += levels;
#elif PY_VERSION_HEX < 0x030C0000
    state->recursion_remaining -= levels;
#else
    state->c_recursion_remaining -= levels;
#endif
}

/* Returns the levels that the state was limited to, or 0 if it was not. */
static int
levels_from_state(const PyThreadState *state)
{
    PyObject *levels = state->dict == NULL ? NULL : PyDict_GetItemString(state->dict, LEVELS_KEY);
    return levels == NULL ? 0 : (int)PyLong_AsLong(levels);
}

/* Returns 0, or -1 with an exception set. */
static int
store_levels(int levels)
{
    PyObject *dict = PyThreadState_GetDict();
    PyObject *value = dict == NULL ? NULL : PyLong_FromLong(levels);
    int status = value == NULL ? -1 : PyDict_SetItemString(dict, LEVELS_KEY, value);

    Py_XDECREF(value);
    return status;
}

/* Returns the levels of the state, counted from its first call. */
static int
limit_state(PyThreadState *state)
{
    int levels = levels_from_state(state);
    if (levels != 0) {
        return levels;
    }
    int room = levels_from_stack();
    int remaining = remaining_levels(state);
#if PY_VERSION_HEX < 0x030C0000
    int used = Py_GetRecursionLimit() - remaining;
#else
    int used = 0;
#endif
    levels = room > INT_MAX - used ? INT_MAX : room + used;
    if (count_sort() < 0 || store_levels(levels) < 0) {
        PyErr_Clear(); /* out of memory: the next native call tries again */
        return 0;
    }
    if (remaining > room) {
        use_levels(state, remaining - room);
    }
    return levels;
}

void
stack_limit_recursion(PyThreadState *state)
{
    if (state->id != last_state_id && limit_state(state) != 0) {
        last_state_id = state->id;
    }
}

PyObject *
stack_limit_current(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromLong(limit_state(PyThreadState_Get()));
}

/* Uses, or with a sign of -1 frees, the levels by which the interpreter's limit exceeds that of
   each state. The interpreter's limit of 3.12 is for calls that take no stack. */
static void
use_excess_levels(int sign)
{
    int limit = Py_GetRecursionLimit();
    PyThreadState *state = PyInterpreterState_ThreadHead(PyThreadState_Get()->interp);

    for (; PY_VERSION_HEX < 0x030C0000 && state != NULL; state = PyThreadState_Next(state)) {
        int levels = levels_from_state(state);
        if (levels != 0 && limit > levels) {
            use_levels(state, sign * (limit - levels));
        }
    }
}

PyObject *
stack_set_recursion_limit(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *original;
    int limit;

    if (!PyArg_ParseTuple(args, "Oi:set_recursion_limit", &original, &limit)) {
        return NULL;
    }
    /* CPython changes the remaining levels of all states by the same number. */
    use_excess_levels(-1);
    PyObject *result = PyObject_CallFunction(original, "i", limit);
    use_excess_levels(1);
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    return PyLong_FromLong(levels_from_state(PyThreadState_Get()));
}

#endif
