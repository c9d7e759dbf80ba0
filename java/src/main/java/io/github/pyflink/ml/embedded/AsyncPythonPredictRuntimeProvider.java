// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;

/**
 * A {@link PythonPredictRuntimeProvider} whose predict function gets rows in batches. Flink calls
 * it asynchronously, unless a query has {@code 'async' = 'false'} in its CONFIG.
 */
public interface AsyncPythonPredictRuntimeProvider
    extends PythonPredictRuntimeProvider, AsyncPredictRuntimeProvider {

  @Override
  default AsyncPredictFunction createAsyncPredictFunction(Context context) {
    return getPythonPredictFunction().createAsyncPythonFunction(context.runtimeConfig());
  }
}
