package io.ovation.chaos;

import io.ovation.testkit.NodeScript;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Viewers with the product's own client, {@code ovation.js}, in one Node.js process. */
final class OvationJsViewers implements AutoCloseable {
  private final Map<String, ViewerRecord> records;
  private final Process process;

  /**
   * @param port of a proxy that passes each connection on to a node that is ready
   * @param records of one viewer for each stream
   */
  OvationJsViewers(int port, Map<String, ViewerRecord> records) {
    this.records = Map.copyOf(records);
    List<String> arguments = new ArrayList<>(List.of("http://127.0.0.1:" + port));
    arguments.addAll(records.keySet());
    this.process = NodeScript.start("viewers.mjs", arguments);
    Thread reader = new Thread(this::read, "ovation-js");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("[")) {
          JsonArray told = new JsonArray(line);
          told(Objects.requireNonNull(records.get(told.getString(0))), told.getJsonObject(1));
        } else {
          System.err.println("ovation.js: " + line);
        }
      }
    } catch (IOException ended) {
      System.err.println("ovation.js ended: " + ended);
    }
  }

  private static void told(ViewerRecord record, JsonObject event) {
    if (!"state".equals(event.getString("type"))) {
      record.message(event);
    } else if ("closed".equals(event.getString("state"))) {
      record.message(new JsonObject().put("type", "error").put("code", "closed for good"));
    } else if ("waiting".equals(event.getString("state"))) {
      record.away("waits " + event.getValue("after_ms") + " ms");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
