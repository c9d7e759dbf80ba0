package io.github.pyflink.ml.embedded.benchmarks;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import pemja.core.PythonInterpreter;
import pemja.core.PythonInterpreterConfig;

/**
 * A PemJa interpreter and the only thread that uses it, because PemJa on a thread that also calls
 * Python otherwise can deadlock.
 *
 * <p>CPython must run already. Owns both; closing ends them.
 */
final class PemjaThread implements AutoCloseable {

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread pemja = new Thread(work, "pemja");
            pemja.setDaemon(true);
            return pemja;
          });
  private final PythonInterpreter interpreter;

  PemjaThread() {
    interpreter =
        join(
            () ->
                new PythonInterpreter(
                    PythonInterpreterConfig.newBuilder()
                        .setExcType(PythonInterpreterConfig.ExecType.MULTI_THREAD)
                        .build()));
  }

  void exec(String code) {
    call(
        interpreter -> {
          interpreter.exec(code);
          return null;
        });
  }

  <T> T call(Function<PythonInterpreter, T> work) {
    return join(() -> work.apply(interpreter));
  }

  private <T> T join(Callable<T> work) {
    try {
      return thread.submit(work).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("PemJa failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while PemJa worked", e);
    }
  }

  @Override
  public void close() {
    call(
        interpreter -> {
          interpreter.close();
          return null;
        });
    thread.shutdown();
  }
}
