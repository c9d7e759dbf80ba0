/* SPDX-License-Identifier: Apache-2.0 */
/* An engine that predicts with a booster of LightGBM or XGBoost. */
#ifndef PYFLINK_ML_EMBEDDED_TREES_ENGINE_H
#define PYFLINK_ML_EMBEDDED_TREES_ENGINE_H

#include "engine.h"

extern PyType_Spec trees_engine_spec;

#endif
