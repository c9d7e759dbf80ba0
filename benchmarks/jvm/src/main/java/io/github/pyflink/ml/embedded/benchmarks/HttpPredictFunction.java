// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonFormatOptions;
import org.apache.flink.formats.json.JsonRowDataSerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.types.logical.RowType;

/**
 * Sends a row to a model server and returns immediately. Connections are reused.
 *
 * <p>Owns its threads; closing ends them. Public, because the code that Flink generates calls it.
 */
public final class HttpPredictFunction extends AsyncPredictFunction {

  private static final long serialVersionUID = 1L;

  private final URI url;
  private final RowType output;
  private final JsonRowDataSerializationSchema writer;

  private transient ExecutorService threads;
  private transient HttpClient client;
  private transient HttpRequest.Builder request;
  private transient ThreadLocal<JsonRows> readers; // the client's threads read results

  HttpPredictFunction(URI url, RowType input, RowType output) {
    this.url = url;
    this.output = output;
    writer =
        new JsonRowDataSerializationSchema(
            input, TimestampFormat.SQL, JsonFormatOptions.MapNullKeyMode.FAIL, "null", true, false);
  }

  @Override
  public void open(FunctionContext context) throws Exception {
    writer.open(null); // needs no context
    threads = Executors.newCachedThreadPool();
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(threads).build();
    request = HttpRequest.newBuilder(url).header("Content-Type", "application/json");
    readers = ThreadLocal.withInitial(() -> new JsonRows(output));
  }

  @Override
  public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
    HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.ofByteArray(writer.serialize(row));
    return client
        .sendAsync(request.copy().POST(body).build(), HttpResponse.BodyHandlers.ofString())
        .handle(this::results);
  }

  /** Returns the rows of a response, or throws an error that does not contain the row. */
  private Collection<RowData> results(HttpResponse<String> response, Throwable failure) {
    if (failure != null) {
      throw new IllegalStateException(url + " did not answer", failure);
    }
    if (response.statusCode() != 200) {
      throw new IllegalStateException(url + " answered with status " + response.statusCode());
    }
    try {
      return readers.get().parse(response.body().lines().collect(Collectors.toList()));
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(url + " returned invalid rows", e);
    }
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdownNow();
    }
  }
}
