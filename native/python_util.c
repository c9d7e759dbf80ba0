/* What is asked of Python objects in several places. */

#include "column.h"

int
find_attribute(PyObject *value, const char *name, PyObject **attribute)
{
    *attribute = PyObject_GetAttrString(value, name);
    if (*attribute != NULL) {
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

bool
is_of_numpy(PyObject *value, const char *name)
{
    return strcmp(Py_TYPE(value)->tp_name, name) == 0;
}
