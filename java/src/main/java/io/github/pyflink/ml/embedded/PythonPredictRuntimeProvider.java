// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.PredictRuntimeProvider;

/**
 * A model provider whose predict function is a Python class (FLIP-552).
 *
 * <p>Implement {@link #getPythonPredictFunction()} to write your own provider. The function then
 * runs in the TaskManager's JVM.
 */
public interface PythonPredictRuntimeProvider extends PredictRuntimeProvider {

  /** Returns the description of the Python predict function. */
  PythonPredictFunction getPythonPredictFunction();

  @Override
  default PredictFunction createPredictFunction(Context context) {
    PythonPredictFunction function = getPythonPredictFunction();
    function.checkRowByRow(context.runtimeConfig());
    return function.createPythonFunction();
  }
}
