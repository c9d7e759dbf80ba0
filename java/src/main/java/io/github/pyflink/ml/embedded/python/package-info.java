// SPDX-License-Identifier: Apache-2.0
/**
 * Boots CPython in this JVM and calls Python functions through native code. Internal, but for
 * {@link io.github.pyflink.ml.embedded.python.PythonException}, which users catch.
 */
package io.github.pyflink.ml.embedded.python;
