/* SPDX-License-Identifier: Apache-2.0 */
/* An engine that predicts with an ONNX file. */
#ifndef PYFLINK_ML_EMBEDDED_ONNX_ENGINE_H
#define PYFLINK_ML_EMBEDDED_ONNX_ENGINE_H

#include "engine.h"
#include "onnx_output.h"

typedef struct {
    Engine engine;
    OnnxSession *session; /* owned */
    OnnxTensor *inputs;   /* owned */
    OnnxTensor *outputs;  /* owned */
    Py_ssize_t input_count;
    Py_ssize_t output_count;
    const char **names;     /* owned, its items borrowed: of the inputs, then of the outputs */
    const OrtValue **given; /* owned, its items borrowed: the inputs of the call that runs */
    OrtValue **made;        /* owned: its outputs */
    int64_t rows;           /* of a call of the file, or 0 for any number */
} OnnxEngine;

extern PyType_Spec onnx_engine_spec;

/* Runs the file with the values of its inputs, and fills outputs. Where one is NULL, ONNX Runtime
   makes a value, which the caller takes. Returns whether that succeeds; otherwise outputs are
   unchanged. */
bool onnx_engine_run(OnnxEngine *self, const OrtValue *const *inputs, OrtValue **outputs);

#endif
