/* SPDX-License-Identifier: Apache-2.0 */
/* OnnxSession.run(): calls an ONNX file from Python. */
#ifndef PYFLINK_ML_EMBEDDED_ONNX_RUN_H
#define PYFLINK_ML_EMBEDDED_ONNX_RUN_H

#include "onnx_session.h"

/* As onnx_run_doc says. */
PyObject *onnx_session_run(OnnxSession *self, PyObject *args);

extern const char onnx_run_doc[];

#endif
