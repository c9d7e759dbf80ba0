/* SPDX-License-Identifier: Apache-2.0 */
/* The native of PythonStart.java: sets what CPython reads only while it starts. A library apart
   from the extension, because it is loaded before libpython. */

#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <jni.h>
#include <stdlib.h>

/* Returns a new local reference to text as a Java string. */
static jstring
failure(JNIEnv *env, const char *text)
{
    return (*env)->NewStringUTF(env, text == NULL ? "unknown reason" : text);
}

/* Sets a variable of the environment, or removes it where value is NULL. Returns 0, or -1 with a
   Java exception set. */
static int
set_variable(JNIEnv *env, jstring name, jstring value)
{
    const char *name_text = (*env)->GetStringUTFChars(env, name, NULL);
    const char *value_text =
        name_text == NULL || value == NULL ? NULL : (*env)->GetStringUTFChars(env, value, NULL);

    if (value_text != NULL) {
        setenv(name_text, value_text, 1);
        (*env)->ReleaseStringUTFChars(env, value, value_text);
    }
    else if (name_text != NULL && value == NULL) {
        unsetenv(name_text);
    }
    if (name_text != NULL) {
        (*env)->ReleaseStringUTFChars(env, name, name_text);
    }
    return name_text == NULL || (value != NULL && value_text == NULL) ? -1 : 0;
}

/* Returns NULL, or the reason why libpython cannot be loaded. Has no effect where CPython runs. */
JNIEXPORT jstring JNICALL
Java_io_github_pyflink_ml_embedded_python_PythonStart_prepare(JNIEnv *env, jclass type,
                                                              jstring libpython, jboolean utf8_mode,
                                                              jobjectArray variables)
{
    (void)type;
    const char *path = (*env)->GetStringUTFChars(env, libpython, NULL);
    if (path == NULL) {
        return NULL;
    }
    void *library = dlopen(path, RTLD_LAZY);
    (*env)->ReleaseStringUTFChars(env, libpython, path);
    if (library == NULL) {
        return failure(env, dlerror());
    }
    union {
        void *symbol;
        int (*function)(void);
    } is_initialized = {dlsym(library, "Py_IsInitialized")};
    int *mode = dlsym(library, "Py_UTF8Mode");
    if (is_initialized.symbol == NULL || mode == NULL) {
        return failure(env, dlerror());
    }
    if (is_initialized.function()) {
        return NULL;
    }
    *mode = utf8_mode;
    for (jsize i = 0; i + 1 < (*env)->GetArrayLength(env, variables); i += 2) {
        jstring name = (*env)->GetObjectArrayElement(env, variables, i);
        jstring value = (*env)->GetObjectArrayElement(env, variables, i + 1);
        if (set_variable(env, name, value) < 0) {
            break;
        }
    }
    /* They would make CPython replace the JVM's signal handlers while it starts. */
    unsetenv("PYTHONFAULTHANDLER");
    unsetenv("PYTHONDEVMODE");
    return NULL;
}
