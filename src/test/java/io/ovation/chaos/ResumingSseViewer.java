package io.ovation.chaos;

import io.ovation.testkit.Balancer;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** An {@code EventSource}: it comes back with {@code Last-Event-ID}, after the server's retry. */
final class ResumingSseViewer implements AutoCloseable {
  private static final int SILENCE_MS = 30_000;

  private final Balancer balancer;
  private final String user;
  private final ViewerRecord record;
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable String lastId;
  private long retryMs = 1_000;

  ResumingSseViewer(Balancer balancer, String user, ViewerRecord record) {
    this.balancer = balancer;
    this.user = user;
    this.record = record;
    this.thread = new Thread(this::run, "sse-" + user);
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    while (!closed) {
      try {
        read();
      } catch (IOException ended) {
        // As a browser: the connection is lost, so it is opened again.
        record.away(String.valueOf(ended.getMessage()));
      }
      long pause = Math.min(retryMs, ThreadLocalRandom.current().nextLong(200, 2_000));
      LockSupport.parkNanos(Duration.ofMillis(pause).toNanos());
    }
  }

  private void read() throws IOException {
    URI uri =
        URI.create(
            "http://127.0.0.1:%d/streams/%s/events?user=%s"
                .formatted(balancer.pick(), record.stream(), user));
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setConnectTimeout(2_000);
    connection.setReadTimeout(SILENCE_MS);
    connection.setRequestProperty("Accept", "text/event-stream");
    if (lastId != null) {
      connection.setRequestProperty("Last-Event-ID", lastId);
    }
    int status = connection.getResponseCode();
    if (status / 100 == 4 && status != 429) {
      record.message(new JsonObject().put("type", "error").put("code", "http " + status));
    }
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
      String id = null;
      String type = null;
      for (String line = in.readLine(); line != null && !closed; line = in.readLine()) {
        if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("retry: ")) {
          retryMs = Long.parseLong(line.substring(7));
        } else if (line.startsWith("event: ")) {
          type = line.substring(7);
        } else if (line.startsWith("data: ") && type == null) {
          record.message(new JsonObject(line.substring(6)));
          lastId = id == null ? lastId : id;
        } else if (line.isEmpty()) {
          id = null;
          type = null;
        }
      }
    } finally {
      connection.disconnect();
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
