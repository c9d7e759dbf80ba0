// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import org.apache.flink.annotation.Internal;

/** What a function that awaits has in flight, for one call of {@link OpenFunction#await}. */
@Internal
public final class Flight {

  /** The number of rows. */
  public final int rows;

  /** The number of one of them if they are suspected. */
  public final long rowNumber;

  /** Whether the rows were in flight when a process ended, and one may be the cause. */
  public final boolean isSuspected;

  public Flight(int rows, long rowNumber, boolean isSuspected) {
    this.rows = rows;
    this.rowNumber = rowNumber;
    this.isSuspected = isSuspected;
  }
}
