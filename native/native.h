/* What the files of the C extension share: module state, types, and their functions. */
#ifndef PYFLINK_ML_EMBEDDED_NATIVE_H
#define PYFLINK_ML_EMBEDDED_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything that the module keeps; one for each import of it. */
typedef struct {
    PyTypeObject *row_type;
    PyTypeObject *columns_type;
    PyTypeObject *open_function_type;
    PyObject *conversion_error;
    PyTypeObject *decimal_type;
    PyObject *numpy_frombuffer;   /* NULL until it is needed */
    PyObject *decimal_multiply;   /* of a decimal.Context that is exact */
    JavaVM *vm;                   /* NULL outside of a JVM */
    jclass logger_factory;        /* global reference to org.slf4j.LoggerFactory, or NULL */
} NativeState;

/* row.c */
extern PyType_Spec row_spec;

/* Sets what a PyType_Spec cannot. Borrows type. */
void row_type_init(PyTypeObject *type);

/* columns_object.c */
extern PyType_Spec columns_spec;

/* open_function.c */
extern PyType_Spec open_function_spec;

typedef struct OpenFunction OpenFunction;
typedef struct Columns Columns;

/* Bits of what predict functions return; see NativeBridge. */
#define OUTPUT_MOVED (1 << 30)
#define INPUT_MOVED (1 << 29)

/* Predicts row 0 of the input columns and fills the output columns; messages name row_number.
   Returns the number of rows, with bits for the sides whose memory moved, or returns -1 with an
   exception set. */
int open_function_predict(OpenFunction *self, int64_t row_number);

/* Predicts count rows of a slot from start on, and fills the output columns and the offsets.
   Returns as open_function_predict; where it fails, self->failed is set. */
int open_function_predict_batch(OpenFunction *self, int slot, int64_t start, int count);

/* Return a new str that describes the exception that is set, and clear it; or return NULL without
   an exception when memory is exhausted. row_number is that of the batch's first row. */
PyObject *open_function_describe_error(OpenFunction *self);
PyObject *open_function_describe_batch_error(OpenFunction *self, int slot, int64_t start,
                                             int count, int64_t row_number);

/* Returns the columns that NativeBridge knows by this number, borrowed: 0 is the first slot of the
   input, 1 the output, 2 the second slot where there is one; then elements. */
Columns *open_function_domain(OpenFunction *self, int domain);

/* Returns the number that NativeBridge knows columns by. Borrows columns. */
int open_function_domain_number(const OpenFunction *self, const Columns *columns);

/* errors.c */

/* Returns a new str for the exception that is set, and clears it; or returns NULL without an
   exception when memory is exhausted. Borrows model and row; each may be NULL, and row_number 0. */
PyObject *describe_error(PyObject *model, int64_t row_number, PyObject *row);

/* feature_matrix.c: METH_VARARGS. */
PyObject *feature_matrix(PyObject *module, PyObject *args);

/* bridge.c: METH_NOARGS. */
PyObject *bridge_bind(PyObject *module, PyObject *unused);

/* log.c */

/* Finds org.slf4j.LoggerFactory and keeps it. Returns 0, or -1 with an exception set. Borrows
   class_loader. */
int log_bind(NativeState *state, JNIEnv *env, jobject class_loader);

/* METH_VARARGS and METH_NOARGS. */
PyObject *log_write(PyObject *module, PyObject *args);
PyObject *log_level(PyObject *module, PyObject *unused);

/* jni_util.c */

/* Returns a new str, or NULL with an exception set. Borrows string. */
PyObject *unicode_from_jstring(JNIEnv *env, jstring string);

/* Returns a new local reference, or NULL with a Java or a Python exception set. Borrows text. */
jstring jstring_from_unicode(JNIEnv *env, PyObject *text);

/* Turns a pending Java exception into a Python RuntimeError. Returns -1. */
int raise_from_java(JNIEnv *env, const char *doing);

/* Loads a class through class_loader. Returns a new local reference, or NULL with a Python
   exception set. */
jclass load_class(JNIEnv *env, jobject class_loader, const char *name);

#endif
