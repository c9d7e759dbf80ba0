// SPDX-License-Identifier: Apache-2.0
/** Runs Python functions in worker processes, with their columns in shared memory. Internal. */
package io.github.pyflink.ml.embedded.worker;
