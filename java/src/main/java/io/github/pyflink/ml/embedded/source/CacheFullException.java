// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** A model exceeds the capacity that models in use leave in the cache. */
final class CacheFullException extends IOException {

  private static final long serialVersionUID = 1L;

  CacheFullException(String message) {
    super(message);
  }
}
