package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** A model does not fit into the cache. */
final class NoRoomException extends IOException {

  private static final long serialVersionUID = 1L;

  NoRoomException(String message) {
    super(message);
  }
}
