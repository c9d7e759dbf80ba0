package io.github.pyflink.ml.embedded.python;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import javax.annotation.Nullable;
import org.apache.flink.FlinkVersion;
import org.apache.flink.util.FlinkUserCodeClassLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import pemja.core.PythonInterpreter;
import pemja.core.PythonInterpreterConfig;

/** Boots CPython once for the JVM, and binds the natives once for each class loader of ours. */
final class PythonRuntime {

  private static final Logger LOG = LoggerFactory.getLogger(PythonRuntime.class);

  /** The executables whose CPython runs and calls the natives of this class loader. */
  private static final Set<String> STARTED = ConcurrentHashMap.newKeySet();

  private static final String BOOT =
      String.join(
          "\n",
          "_failure = None",
          "try:",
          "    import json, os, sys",
          "    probed = json.loads(_probe)",
          "    # PemJa was given it, to stand before the standard library.",
          "    sys.path.remove(os.path.dirname(probed['pemja_path']))",
          "    sys.path.insert(0, os.path.dirname(probed['package_path']))",
          "    try:",
          "        from pyflink_ml_embedded._runtime.boot import boot",
          "    finally:",
          "        del sys.path[0]",
          "    boot(_probe)",
          "except BaseException as error:",
          "    import traceback",
          "    ours = type(error).__module__.startswith('pyflink_ml_embedded')",
          "    _failure = str(error) if ours else traceback.format_exc()",
          "");

  private PythonRuntime() {}

  /**
   * Starts Python where it does not run yet.
   *
   * @param configured the executable: a path, or a name on the PATH, or null for the default
   * @throws PythonException if there is no such executable, if it cannot run in this JVM, or if
   *     another one runs in it
   */
  static void start(@Nullable String configured) {
    String executable = PythonExecutable.find(configured, System.getenv().getOrDefault("PATH", ""));
    if (STARTED.contains(executable)) {
      return;
    }
    checkPemJa();
    // PemJa ties a Python thread state to the thread that makes an interpreter, and the state would
    // stay in the way of ours on a task's thread.
    FutureTask<Void> boot = new FutureTask<>(() -> boot(executable), null);
    Thread thread = new Thread(boot, "pyflink-ml-embedded-boot");
    thread.setDaemon(true);
    thread.setContextClassLoader(NativeBridge.class.getClassLoader());
    thread.start();
    try {
      boot.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof PythonException
          ? (PythonException) e.getCause()
          : new PythonException("Python could not be started: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PythonException("Interrupted while Python was starting", e);
    }
  }

  private static void checkPemJa() {
    ClassLoader loader;
    try {
      loader = PythonInterpreter.class.getClassLoader();
    } catch (NoClassDefFoundError e) {
      throw new PythonException("PemJa's classes are not on the class path. " + whereToPutIt(), e);
    }
    if (loader instanceof FlinkUserCodeClassLoader) {
      throw new PythonException(
          "PemJa's classes come from a job's own class loader, and a JVM loads their native library"
              + " for one class loader only, so that every later job would fail. "
              + whereToPutIt()
              + " Where a job ships that jar too, set"
              + " 'classloader.parent-first-patterns.additional: pemja.'");
    }
  }

  private static String whereToPutIt() {
    return "Put the flink-python jar of Flink "
        + FlinkVersion.current()
        + " into Flink's lib directory on every node, and restart.";
  }

  private static void boot(String executable) {
    // A class of PemJa's class loader, which all class loaders of ours share.
    synchronized (PythonInterpreterConfig.class) {
      if (STARTED.contains(executable)) {
        return;
      }
      PythonEnvironment environment = PythonProbe.run(executable, PythonProbe.TIMEOUT);
      environment.verify();
      try (PythonInterpreter interpreter = makeInterpreter(environment)) {
        interpreter.set("_probe", environment.json());
        interpreter.exec(BOOT);
        String failure = interpreter.get("_failure", String.class);
        if (failure != null) {
          throw new PythonException(environment + " cannot run in this JVM: " + failure);
        }
      }
      STARTED.add(executable);
      LOG.info("{} runs in this JVM", environment);
    }
  }

  private static PythonInterpreter makeInterpreter(PythonEnvironment environment) {
    try {
      return new PythonInterpreter(
          PythonInterpreterConfig.newBuilder()
              .setPythonExec(environment.executable())
              .setPythonHome(environment.basePrefix())
              .addPythonPaths(environment.directoryOfPemJa())
              .build());
    } catch (Exception | Error e) { // PemJa's natives throw a checked exception undeclared
      throw new PythonException(explain(e, environment), e);
    }
  }

  private static String explain(Throwable failure, PythonEnvironment environment) {
    String start = "PemJa could not start " + environment + ": " + failure;
    if (!failure.toString().contains("loadedLibraryNames")) {
      return start;
    }
    String printed = environment.errorOutput();
    return start
        + "\nPemJa hides behind this why a native library was not loaded. One of these is so:\n- '"
        + environment.libpython()
        + "' cannot be loaded\n- this executable prints to its standard error when it starts"
        + (printed.isEmpty() ? "" : " (it does: " + printed + ")")
        + "\n- another class loader of this JVM has loaded PemJa's libraries, which lasts until the"
        + " JVM ends. "
        + whereToPutIt();
  }
}
