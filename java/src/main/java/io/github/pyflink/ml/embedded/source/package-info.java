// SPDX-License-Identifier: Apache-2.0
/** Fetches the files of models into a cache on this host. Internal to this project. */
package io.github.pyflink.ml.embedded.source;
