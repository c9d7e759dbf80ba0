package io.github.pyflink.ml.embedded.benchmarks;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The JVM of bench_call.py: measures the contenders in turn and writes every batch as CSV. */
public final class CallBenchmark {

  private CallBenchmark() {}

  /**
   * Runs the benchmark.
   *
   * @param arguments the Python executable, the model directory, the number of rounds, and the file
   *     to write
   */
  public static void main(String[] arguments) throws Exception {
    String executable = arguments[0];
    String modelDirectory = arguments[1];
    int rounds = Integer.parseInt(arguments[2]);
    Path file = Path.of(arguments[3]);

    List<Workload> workloads =
        List.of(
            new Workload(FieldType.DOUBLE, 1),
            new Workload(FieldType.DOUBLE, 8),
            new Workload(FieldType.DOUBLE, 32),
            new Workload(FieldType.STRING, 4));
    List<ProviderContender> ours = new ArrayList<>();
    for (Workload workload : workloads) {
      ours.add(new ProviderContender(workload, executable, modelDirectory));
    }
    try (PemjaThread thread = new PemjaThread()) {
      List<List<Lane>> races = new ArrayList<>();
      for (int i = 0; i < workloads.size(); i++) {
        races.add(race(workloads.get(i), ours.get(i), thread));
      }
      measure(races, rounds, file);
    }
    for (ProviderContender contender : ours) {
      contender.close();
    }
  }

  private static List<Lane> race(Workload workload, ProviderContender ours, PemjaThread thread) {
    thread.exec("from __main__ import " + workload.name());
    return List.of(
        new Lane(workload, ours),
        new Lane(workload, new PemjaContender(workload, thread)),
        new Lane(workload, new LoopContender(workload, thread)));
  }

  private static void measure(List<List<Lane>> races, int rounds, Path file) throws Exception {
    for (List<Lane> race : races) {
      race.forEach(Lane::check);
    }
    for (List<Lane> race : races) {
      race.forEach(Lane::warmUp);
    }
    try (PrintWriter csv = new PrintWriter(Files.newBufferedWriter(file))) {
      csv.println("workload,contender,round,ns_per_call");
      for (int round = 0; round < rounds; round++) {
        for (List<Lane> race : races) {
          for (int place = 0; place < race.size(); place++) {
            Lane lane = race.get((round + place) % race.size());
            csv.printf(
                Locale.ROOT,
                "%s,%s,%d,%.2f%n",
                lane.workload(),
                lane.contender(),
                round,
                lane.nanosPerCall());
          }
        }
      }
    }
  }
}
