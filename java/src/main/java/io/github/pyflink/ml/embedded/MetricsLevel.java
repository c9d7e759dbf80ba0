// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

/** Which metrics of a model are registered with Flink. */
public enum MetricsLevel {
  OFF,
  BASIC,
  DETAILED
}
