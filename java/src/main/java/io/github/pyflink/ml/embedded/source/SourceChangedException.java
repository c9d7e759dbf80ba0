// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** The files of a model changed after they were listed. */
final class SourceChangedException extends IOException {

  private static final long serialVersionUID = 1L;

  SourceChangedException(String message) {
    super(message);
  }
}
