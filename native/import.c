/* SPDX-License-Identifier: Apache-2.0 */
/* Imports arrays of other libraries from the capsules of the Arrow PyCapsule interface. */

#include "import.h"

#include "arrow_c_data.h"

/* Moves the structs out of their capsules. Returns 0, or -1 with an exception set and nothing
   owned. Borrows capsules. */
static int
move_from_capsules(PyObject *capsules, ImportedArray *imported)
{
    if (!PyTuple_Check(capsules) || PyTuple_GET_SIZE(capsules) != 2) {
        PyErr_SetString(PyExc_TypeError, "__arrow_c_array__ must return a tuple of two capsules");
        return -1;
    }
    struct ArrowSchema *schema =
        PyCapsule_GetPointer(PyTuple_GET_ITEM(capsules, 0), "arrow_schema");
    struct ArrowArray *array = PyCapsule_GetPointer(PyTuple_GET_ITEM(capsules, 1), "arrow_array");
    if (schema == NULL || array == NULL) {
        return -1;
    }
    if (schema->release == NULL || array->release == NULL) {
        PyErr_SetString(PyExc_ValueError, "the Arrow array was released");
        return -1;
    }
    *imported = (ImportedArray){.schema = *schema, .array = *array};
    schema->release = NULL;
    array->release = NULL;
    return 0;
}

int
import_array(PyObject *value, ImportedArray *imported)
{
    PyObject *capsules = PyObject_CallMethod(value, "__arrow_c_array__", NULL);
    if (capsules == NULL) {
        return -1;
    }
    int status = move_from_capsules(capsules, imported);
    Py_DECREF(capsules);
    return status;
}

void
release_imported(ImportedArray *imported)
{
    PyObject *type, *error, *traceback;

    PyErr_Fetch(&type, &error, &traceback);
    imported->array.release(&imported->array);
    imported->schema.release(&imported->schema);
    PyErr_Restore(type, error, traceback);
}
