package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** The files of a model are others than those that were listed. */
final class ChangedException extends IOException {

  private static final long serialVersionUID = 1L;

  ChangedException(String message) {
    super(message);
  }
}
