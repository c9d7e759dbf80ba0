package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.annotation.Internal;

/** A value is too large for its column, or for what is left in it behind the rows before. */
@Internal
public final class NoRoomException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  NoRoomException(String message) {
    super(message);
  }
}
