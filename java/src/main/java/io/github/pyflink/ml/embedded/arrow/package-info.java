// SPDX-License-Identifier: Apache-2.0
/**
 * Converts between Flink's rows and columns in the Arrow format, which native code shares with
 * Java. Internal to this project.
 */
package io.github.pyflink.ml.embedded.arrow;
