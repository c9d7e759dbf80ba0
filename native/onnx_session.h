/* SPDX-License-Identifier: Apache-2.0 */
/* A session of ONNX Runtime's C library, which functions of all subtasks share. */
#ifndef PYFLINK_ML_EMBEDDED_ONNX_SESSION_H
#define PYFLINK_ML_EMBEDDED_ONNX_SESSION_H

#include "native.h"

#include "onnxruntime.h"

/* Immutable, and used by many threads at a time without the GIL. */
typedef struct {
    PyObject_HEAD const OnnxRuntime *runtime; /* borrowed: it stays loaded */
    OrtSession *session;                      /* owned */
    OrtMemoryInfo *memory;                    /* owned: that of the CPU */
    OrtRunOptions *options;                   /* owned: of quiet runs */
} OnnxSession;

extern PyType_Spec onnx_session_spec;

#endif
