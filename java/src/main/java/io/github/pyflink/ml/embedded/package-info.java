// SPDX-License-Identifier: Apache-2.0
/**
 * The model provider {@code generic-python}, and the classes for providers of other kinds of models
 * whose predict function is a Python class. Public classes without {@code @Internal} are the API.
 */
package io.github.pyflink.ml.embedded;
