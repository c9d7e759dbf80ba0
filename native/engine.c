/* SPDX-License-Identifier: Apache-2.0 */
/* The base type of engines. */

#include "engine.h"

static PyType_Slot engine_slots[] = {
    {Py_tp_doc, (void *)"Predicts rows in C, without Python objects; see OpenFunction."},
    {0, NULL},
};

PyType_Spec engine_spec = {
    .name = "pyflink_ml_embedded._native.Engine",
    .basicsize = sizeof(Engine),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = engine_slots,
};
