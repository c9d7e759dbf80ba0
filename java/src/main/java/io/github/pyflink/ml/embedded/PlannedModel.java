// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import javax.annotation.Nullable;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.RowType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call of ML_PREDICT while its query is planned. It finds calls of other models that Flink's
 * planner replaced by this one.
 *
 * <p>Up to Flink 2.3, the planner takes two calls with the same columns and the same CONFIG for one
 * if the models' OUTPUT is the same, even if the models differ. Both then get the results of the
 * model that the query names first. A provider sees such a call only as a model that a thread plans
 * after this one and never translates.
 *
 * <p>A thread plans all calls of a statement before it translates the first, and translates all
 * before the functions are serialized for the job, on another thread.
 */
final class PlannedModel {

  private static final Logger LOG = LoggerFactory.getLogger(PlannedModel.class);

  /** The system property that the Python package sets to a number while it plans a Table. */
  private static final String TABLE_NUMBER = "pyflink-ml-embedded.table-number";

  /** What the thread has planned since it last translated. Weak, because threads outlive jobs. */
  private static final ThreadLocal<WeakReference<List<PlannedModel>>> CURRENT = new ThreadLocal<>();

  /** What the thread has translated last. */
  private static final ThreadLocal<WeakReference<PlannedModel>> TRANSLATED = new ThreadLocal<>();

  private final String name;
  private final RowType outputType;
  private final List<PlannedModel> query;
  private final Thread planner = Thread.currentThread();

  /** Whether later queries that this thread plans may belong to other jobs. */
  private final boolean isTable = isTable();

  /** The number of the Table in whose query the model is, or null if it is not known. */
  @Nullable private final String table = System.getProperty(TABLE_NUMBER);

  private volatile boolean isTranslated;
  private volatile boolean isNamedInConfig;
  private volatile boolean isChecked;

  /** Adds a model to those that this thread plans. */
  PlannedModel(String name, RowType outputType) {
    this.name = name;
    this.outputType = outputType;
    this.query = currentQuery();
    query.add(this);
  }

  /** Records that the model gets a function, so its call was not replaced. */
  void translate() {
    isTranslated = true;
    CURRENT.remove();
    TRANSLATED.set(new WeakReference<>(this));
  }

  /** Returns the model of this name if this thread is translating it, otherwise null. */
  @Nullable
  static PlannedModel translated(String name) {
    WeakReference<PlannedModel> reference = TRANSLATED.get();
    PlannedModel model = reference == null ? null : reference.get();
    return model != null && model.name.equals(name) ? model : null;
  }

  /** Records that the CONFIG of the call has the model's name. */
  void nameInConfig() {
    isNamedInConfig = true;
  }

  /**
   * Checks, when the function is serialized, that the planner replaced no call by that of this
   * model. Only logs a warning if the other model may be part of another Table, which another job
   * uses, or if this call has the CONFIG entry that keeps calls apart.
   *
   * @throws ValidationException if it replaced one
   */
  void requireNoneReplaced() {
    if (isChecked || Thread.currentThread() == planner) { // the planner still translates
      return;
    }
    isChecked = true;
    for (PlannedModel other : query.subList(query.indexOf(this), query.size())) {
      if (!other.isTranslated && outputType.equals(other.outputType) && !name.equals(other.name)) {
        String message = describeReplaced(other);
        if (!mayBeOfAnotherTable(other) && !isNamedInConfig) {
          throw new ValidationException(message);
        }
        LOG.warn(message);
      }
    }
  }

  private boolean mayBeOfAnotherTable(PlannedModel other) {
    return other.isTable && (table == null || !table.equals(other.table));
  }

  private String describeReplaced(PlannedModel other) {
    return String.format(
        "Model '%s' is planned but not used, and model '%s' has the same OUTPUT. If one query"
            + " applies both to the same columns, Flink runs '%s' for both and returns its results"
            + " twice. Name the model in the CONFIG of both calls: MAP['%s', '%s'] and"
            + " MAP['%s', '%s'].",
        other.name,
        name,
        name,
        GenericPythonOptions.MODEL.key(),
        name,
        GenericPythonOptions.MODEL.key(),
        other.name);
  }

  private static List<PlannedModel> currentQuery() {
    WeakReference<List<PlannedModel>> reference = CURRENT.get();
    List<PlannedModel> query = reference == null ? null : reference.get();
    if (query == null) {
      query = new ArrayList<>();
      CURRENT.set(new WeakReference<>(query));
    }
    return query;
  }

  private static boolean isTable() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    frame ->
                        frame.getMethodName().equals("sqlQuery")
                            && frame.getClassName().startsWith("org.apache.flink.table.api.")));
  }
}
