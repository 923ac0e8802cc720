package io.ovation.region;

import static io.ovation.region.RegionRing.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The spans of one trace that the nodes of the regions export to files. */
final class RegionSpans {
  /** In each node's own directory. */
  static final String FILE = "spans.jsonl";

  private final String trace;

  RegionSpans(String trace) {
    this.trace = trace;
  }

  /** Waits until the nodes of each group together have spans of these names. */
  void await(Map<List<NodeProcess>, Set<String>> names, String caller) {
    Map<String, JsonObject> all = new HashMap<>();
    Await.until(
        () -> "all spans, not " + all.values(),
        LIMIT,
        () -> {
          names.keySet().forEach(n -> of(n).forEach(s -> all.put(s.getString("spanId"), s)));
          return names.entrySet().stream()
              .allMatch(
                  one ->
                      of(one.getKey()).stream()
                          .map(span -> span.getString("name"))
                          .collect(Collectors.toSet())
                          .containsAll(one.getValue()));
        });
    // Each follows from another one, up to the caller's.
    assertThat(all.values())
        .allSatisfy(
            span ->
                assertThat(span.getString("parentSpanId"))
                    .matches(by -> by.equals(caller) || all.containsKey(by)));
  }

  List<JsonObject> of(List<NodeProcess> nodes) {
    return nodes.stream().flatMap(node -> of(node).stream()).toList();
  }

  private List<JsonObject> of(NodeProcess node) {
    try {
      return Files.readAllLines(node.spec().dir().resolve(FILE)).stream()
          .flatMap(line -> objects(new JsonObject(line), "resourceSpans"))
          .flatMap(of -> objects(of, "scopeSpans"))
          .flatMap(of -> objects(of, "spans"))
          .filter(span -> span.getString("traceId").equals(trace))
          .toList();
    } catch (IOException | DecodeException e) {
      return List.of();
    }
  }

  private static Stream<JsonObject> objects(JsonObject of, String field) {
    return of.getJsonArray(field).stream().map(JsonObject.class::cast);
  }
}
