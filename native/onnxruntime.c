/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the library of ONNX Runtime. */

#include "onnxruntime.h"

#include "native.h"

#include <dlfcn.h>

/* The version of OrtApi that has all functions that are used: that of ONNX Runtime 1.17. */
#define API_VERSION 17

typedef void (*Function)(void);

typedef struct {
    const Function *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
} OrtApiBase;

static int
raise_cannot_load(const char *path, const char *reason)
{
    PyErr_Format(PyExc_ImportError, "'%s' cannot be used: %s", path, reason);
    return -1;
}

/* Fills runtime with the functions of the table. */
static void
fill_functions(OnnxRuntime *runtime, const Function *table)
{
#define ORT_FILL(NAME, INDEX, RESULT, PARAMETERS)                                                  \
    runtime->NAME = (RESULT(*) PARAMETERS)table[INDEX];
    ORT_FUNCTIONS(ORT_FILL)
#undef ORT_FILL
}

/* Returns 0, or -1 with an exception set. */
static int
load(OnnxRuntime *runtime, const char *path)
{
    union {
        void *symbol;
        const OrtApiBase *(*function)(void);
    } get_base;

    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return raise_cannot_load(path, dlerror());
    }
    if ((get_base.symbol = dlsym(library, "OrtGetApiBase")) == NULL) {
        return raise_cannot_load(path, "it does not export OrtGetApiBase");
    }
    const Function *table = get_base.function()->get_api(API_VERSION);
    if (table == NULL) {
        return raise_cannot_load(path, "it is older than 1.17");
    }
    fill_functions(runtime, table);
    OrtStatus *status = runtime->create_env(ORT_LOG_ERROR, "pyflink-ml-embedded", &runtime->env);
    if (status != NULL) {
        raise_cannot_load(path, runtime->get_error_message(status));
        runtime->release_status(status);
        return -1;
    }
    return 0;
}

const OnnxRuntime *
onnxruntime_load(const char *path)
{
    static OnnxRuntime runtime;
    static char *loaded_path;

    if (loaded_path != NULL) {
        if (strcmp(loaded_path, path) == 0) {
            return &runtime;
        }
        raise_cannot_load(path, "this process has another one");
        return NULL;
    }
    if (load(&runtime, path) < 0) {
        return NULL;
    }
    size_t size = strlen(path) + 1;
    if ((loaded_path = PyMem_RawMalloc(size)) == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(loaded_path, path, size);
    return &runtime;
}
