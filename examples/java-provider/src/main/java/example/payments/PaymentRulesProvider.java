// SPDX-License-Identifier: Apache-2.0
package example.payments;

import io.github.pyflink.ml.embedded.PythonPredictFunction;
import io.github.pyflink.ml.embedded.PythonPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;

/** Runs the Python class of the product. */
final class PaymentRulesProvider implements PythonPredictRuntimeProvider {

  private final PythonPredictFunction function;

  PaymentRulesProvider(PythonPredictFunction function) {
    this.function = function;
  }

  @Override
  public PythonPredictFunction getPythonPredictFunction() {
    return function;
  }

  @Override
  public ModelProvider copy() {
    return new PaymentRulesProvider(function);
  }
}
