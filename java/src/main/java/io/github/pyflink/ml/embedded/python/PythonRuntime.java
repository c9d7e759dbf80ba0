// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import javax.annotation.Nullable;
import org.apache.flink.FlinkVersion;
import org.apache.flink.util.FlinkUserCodeClassLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import pemja.core.PythonInterpreter;
import pemja.core.PythonInterpreterConfig;

/** Boots CPython once per JVM, and binds the native methods once per class loader of this class. */
final class PythonRuntime {

  private static final Logger LOG = LoggerFactory.getLogger(PythonRuntime.class);

  /** The executables that run in this JVM with the native methods of this class loader bound. */
  private static final Set<String> STARTED = ConcurrentHashMap.newKeySet();

  /** The starts that have not ended, by executable. */
  private static final Map<String, FutureTask<Void>> STARTING = new ConcurrentHashMap<>();

  private PythonRuntime() {}

  /**
   * Starts Python if it is not running yet.
   *
   * @param configured the executable: a path, or a name on the PATH, or null for the default
   * @throws PythonException if the executable does not exist, if it cannot run in this JVM, or if
   *     this JVM already runs another executable
   */
  static void start(@Nullable String configured) {
    String executable = PythonExecutable.find(configured);
    if (STARTED.contains(executable)) {
      return;
    }
    checkPemJa();
    try {
      begin(executable).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof PythonException
          ? (PythonException) e.getCause()
          : failure("Python could not be started: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PythonException("Interrupted while Python was starting");
    }
  }

  /**
   * Begins to start Python if it is not running yet, and does not wait. A failure is not reported:
   * {@link #start} tries again.
   *
   * @param configured the executable, as for {@link #start}
   */
  static void startEarly(@Nullable String configured) {
    try {
      String executable = PythonExecutable.find(configured);
      if (!STARTED.contains(executable)) {
        checkPemJa();
        begin(executable);
      }
    } catch (PythonException e) {
      LOG.debug("Python cannot be started", e);
    }
  }

  /** Returns the start of this executable, which may have begun before. */
  private static Future<Void> begin(String executable) {
    return STARTING.computeIfAbsent(
        executable,
        missing -> {
          // PemJa binds a Python thread state to the thread that creates an interpreter. On a
          // task's thread it would conflict with the state that native code creates.
          FutureTask<Void> boot = new FutureTask<>(() -> boot(executable), null);
          Thread thread =
              JdkThreads.make(boot, "pyflink-ml-embedded-boot", InProcessFunction.STACK_BYTES);
          thread.setContextClassLoader(NativeBridge.class.getClassLoader());
          thread.start();
          return boot;
        });
  }

  private static void checkPemJa() {
    ClassLoader loader;
    try {
      loader = PythonInterpreter.class.getClassLoader();
    } catch (NoClassDefFoundError e) {
      throw new PythonException("PemJa's classes are not on the class path. " + installation());
    }
    if (loader instanceof FlinkUserCodeClassLoader) {
      throw new PythonException(
          "PemJa's classes were loaded by a job's class loader. A JVM loads their native library"
              + " for one class loader only, so later jobs would fail. "
              + installation()
              + " If a job contains that jar too, set"
              + " 'classloader.parent-first-patterns.additional: pemja.'");
    }
  }

  private static String installation() {
    return "Put the flink-python jar of Flink "
        + FlinkVersion.current()
        + " into Flink's lib directory on every node, and restart Flink.";
  }

  private static void boot(String executable) {
    // A class of PemJa's class loader, which the class loaders of all jobs share.
    synchronized (PythonInterpreterConfig.class) {
      try {
        if (!STARTED.contains(executable)) {
          bootProbed(executable);
          STARTED.add(executable);
        }
      } finally {
        STARTING.remove(executable); // a later start tries again after a failure
      }
    }
  }

  private static void bootProbed(String executable) {
    PythonEnvironment environment =
        ProbeCache.find(executable)
            .orElseGet(() -> PythonProbe.run(executable, PythonProbe.TIMEOUT));
    environment.verify();
    PythonStart.prepare(environment);
    try (PythonInterpreter interpreter = makeInterpreter(environment)) {
      interpreter.exec(PythonScript.read(PythonRuntime.class, "boot.py"));
      interpreter.set("_probe", environment.json());
      // Not by PythonInterpreter.invoke, which crashes the JVM (PemJa 0.5.7).
      interpreter.set("_log_file", System.getProperty("log.file", "")); // set by Flink's scripts
      interpreter.exec("_failure = start(_probe, _log_file)");
      String failure = interpreter.get("_failure", String.class);
      if (failure != null) {
        throw new PythonException(environment + " cannot run in this JVM: " + failure);
      }
    }
    ProbeCache.keep(executable, environment);
    LOG.info("{} runs in this JVM", environment);
  }

  private static PythonInterpreter makeInterpreter(PythonEnvironment environment) {
    PythonInterpreterConfig config =
        PythonInterpreterConfig.newBuilder()
            .setPythonExec(environment.executable())
            .setPythonHome(environment.basePrefix())
            .addPythonPaths(environment.pemjaParent())
            .build();
    try {
      startCPython(config);
      return new PythonInterpreter(config);
    } catch (Exception | Error e) { // PemJa's natives throw undeclared checked exceptions
      throw failure(explain(e, environment), e);
    }
  }

  /** Lets PemJa start CPython, on a thread that ends with the JVM and keeps no job's classes. */
  private static void startCPython(PythonInterpreterConfig config)
      throws ReflectiveOperationException {
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    Class<?> type = PythonInterpreter.class;
    MethodHandle open =
        lookup.findConstructor(
            type, MethodType.methodType(void.class, PythonInterpreterConfig.class));
    MethodHandle close = lookup.findVirtual(type, "close", MethodType.methodType(void.class));
    JdkThreads.run(
        MethodHandles.filterReturnValue(MethodHandles.insertArguments(open, 0, config), close));
  }

  /**
   * Returns a failure without a cause, which is logged: the SQL client prints only the deepest one.
   */
  private static PythonException failure(String message, Throwable cause) {
    LOG.info("Python could not be started", cause);
    return new PythonException(message);
  }

  private static String explain(Throwable failure, PythonEnvironment environment) {
    String start = "PemJa could not start " + environment + ": " + failure;
    if (!failure.toString().contains("loadedLibraryNames")) {
      return start;
    }
    String printed = environment.errorOutput();
    return start
        + "\n"
        + "PemJa does not report why it could not load a native library. Possible reasons:\n"
        + "- this executable prints to its standard error when it starts"
        + (printed.isEmpty() ? "" : " (it printed: " + printed + ")")
        + "\n"
        + "- another class loader has loaded PemJa's libraries, which it keeps until the JVM ends. "
        + installation();
  }
}
