// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** An archive cannot or must not be unpacked. Another copy of it may be valid. */
final class InvalidArchiveException extends IOException {

  private static final long serialVersionUID = 1L;

  InvalidArchiveException(String message, Throwable cause) {
    super(message, cause);
  }
}
