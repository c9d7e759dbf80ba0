// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.util.List;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/** Rejects bindings without a cast that would change the meaning of a value. */
@Internal
public final class ImplicitCasts {

  private ImplicitCasts() {}

  /**
   * Returns the reason why the first column cannot be bound as it is; empty if all can.
   *
   * <p>TIMESTAMP and TIMESTAMP_LTZ differ by the session's time zone, which the values do not hold.
   * A PROCTIME attribute has no value: its rows have NULL until a cast reads the clock.
   *
   * @param type the type of the model's columns
   * @param source the type of the table's columns that are bound to them
   */
  public static Optional<String> refusal(RowType type, RowType source) {
    return refusal("", type, source);
  }

  private static Optional<String> refusal(String path, LogicalType type, LogicalType source) {
    if (isTimestamp(type) && isTimestamp(source) && !source.is(type.getTypeRoot())) {
      return Optional.of(
          "column '"
              + path
              + "' is of type "
              + type.asSummaryString()
              + ", and Flink passes a "
              + source.asSummaryString()
              + " without a cast: write CAST(... AS "
              + type.copy(true).asSummaryString()
              + ").");
    }
    if (LogicalTypeChecks.isProctimeAttribute(source)) {
      return Optional.of(
          "column '"
              + path
              + "' is bound to a PROCTIME attribute, and Flink passes NULL for it: write CAST(... AS "
              + type.copy(true).asSummaryString()
              + ").");
    }
    List<LogicalType> sources = source.getChildren();
    List<LogicalType> types = type.getChildren();
    for (int i = 0; i < Math.min(types.size(), sources.size()); i++) {
      Optional<String> refusal = refusal(childPath(path, type, i), types.get(i), sources.get(i));
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    return Optional.empty();
  }

  private static String childPath(String path, LogicalType type, int child) {
    ArrowType arrow = ArrowTypes.of(type);
    if (arrow.isMap()) {
      LogicalType entries = arrow.children.get(0).type;
      return ArrowTypes.of(entries).children.get(child).path(path);
    }
    return arrow.children.get(child).path(path);
  }

  private static boolean isTimestamp(LogicalType type) {
    return type.is(LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE)
        || type.is(LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);
  }
}
