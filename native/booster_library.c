/* SPDX-License-Identifier: Apache-2.0 */
/* Finds functions of a library that Python has loaded. */

#include "booster_library.h"

#include <dlfcn.h>

int
booster_library_find(const char *path, const char *const *names, Function *functions, int count)
{
    int status = 0;

    /* A second copy of the library would not know the boosters of the first. */
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (library == NULL) {
        PyErr_Format(PyExc_ImportError, "'%s' is not loaded", path);
        return -1;
    }
    for (int i = 0; i < count && status == 0; i++) {
        union {
            void *symbol;
            Function function;
        } found = {.symbol = dlsym(library, names[i])};
        if (found.symbol == NULL) {
            PyErr_Format(PyExc_ImportError, "'%s' does not export %s", path, names[i]);
            status = -1;
        }
        functions[i] = found.function;
    }
    dlclose(library);
    return status;
}
