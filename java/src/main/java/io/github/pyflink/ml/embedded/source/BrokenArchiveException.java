package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** An archive cannot be unpacked, or must not be; another copy of it may do. */
final class BrokenArchiveException extends IOException {

  private static final long serialVersionUID = 1L;

  BrokenArchiveException(String message, Throwable cause) {
    super(message, cause);
  }
}
