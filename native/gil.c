/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a thread has the GIL, as CPython's own code sees it. */

#define Py_BUILD_CORE 1
#include <Python.h>

#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>

#include "gil.h"

/* Up to 3.11 the current thread state is that of the process. From 3.12 on it is that of the
   calling thread, and the interpreter knows its GIL. */
bool
gil_is_free(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    struct _gil_runtime_state *gil = PyInterpreterState_Main()->ceval.gil;
#if PY_VERSION_HEX >= 0x030D0000
    return gil != NULL && _Py_atomic_load_int_relaxed(&gil->locked) == 0;
#else
    return gil != NULL && _Py_atomic_load_relaxed(&gil->locked) == 0;
#endif
#else
    return _PyThreadState_UncheckedGet() == NULL;
#endif
}

unsigned long
gil_switches(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    struct _gil_runtime_state *gil = PyInterpreterState_Main()->ceval.gil;
#else
    struct _gil_runtime_state *gil = &_PyRuntime.ceval.gil;
#endif
    return gil == NULL ? 0 : __atomic_load_n(&gil->switch_number, __ATOMIC_RELAXED);
}
