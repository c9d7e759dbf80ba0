package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;

/** Calls the function from a Python loop; one entry into Python runs the whole loop. */
final class LoopContender implements Contender {

  private final PemjaThread thread;
  private final String function;
  private final String rows;

  LoopContender(Workload workload, PemjaThread thread) {
    this.thread = thread;
    this.function = workload.name();
    this.rows = workload.name() + "_rows";
    thread.call(
        interpreter -> {
          interpreter.set(rows, workload.values());
          return null;
        });
  }

  @Override
  public String name() {
    return "loop";
  }

  @Override
  @SuppressWarnings("unchecked")
  public List<Object> results() {
    return (List<Object>) evaluate(function + ".results(" + rows + ")");
  }

  @Override
  public long run(int calls) {
    return ((Number) evaluate(function + ".loop(" + rows + ", " + calls + ")")).longValue();
  }

  private Object evaluate(String expression) {
    thread.exec("evaluated = " + expression);
    return thread.call(interpreter -> interpreter.get("evaluated"));
  }
}
