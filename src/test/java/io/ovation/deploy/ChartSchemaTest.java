package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The chart's manifests are what Kubernetes 1.31, KEDA and the Prometheus Operator take, without a
 * field that they would ignore.
 */
class ChartSchemaTest {
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final JsonSchemaOptions OPTIONS =
      new JsonSchemaOptions()
          .setBaseUri("app://kubernetes/")
          .setDraft(Draft.DRAFT201909)
          .setOutputFormat(OutputFormat.Basic);

  private final Map<String, Validator> validators = new HashMap<>();

  /** By API version and kind, as a manifest has them. */
  private Validator validator(String type) {
    return validators.computeIfAbsent(
        type,
        it -> {
          try {
            return Validator.create(JsonSchema.of(schema(it)), OPTIONS);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static JsonObject schema(String type) throws IOException {
    boolean custom = type.startsWith("keda.sh/") || type.startsWith("monitoring.coreos.com/");
    String file = custom ? "kubernetes-custom.json" : "kubernetes-1.31.json";
    JsonObject definitions =
        new JsonObject(Files.readString(RESOURCES.resolve(file))).getJsonObject("$defs");
    String name =
        definitions.stream()
            .filter(definition -> describes(definition.getValue(), type))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no schema for " + type));
    return new JsonObject().put("$ref", "#/$defs/" + name).put("$defs", definitions);
  }

  private static boolean describes(Object definition, String type) {
    JsonObject properties = ((JsonObject) definition).getJsonObject("properties", new JsonObject());
    return properties.containsKey("kind")
        && type.equals(only(properties, "apiVersion") + " " + only(properties, "kind"));
  }

  private static String only(JsonObject properties, String name) {
    JsonObject property = properties.getJsonObject(name, new JsonObject());
    JsonArray values = property.getJsonArray("enum", new JsonArray());
    return values.size() == 1 ? values.getString(0) : "";
  }

  @SuppressWarnings("unchecked") // a YAML mapping with string keys
  private String fault(Map<?, ?> manifest) {
    String type = manifest.get("apiVersion") + " " + manifest.get("kind");
    OutputUnit result = validator(type).validate(new JsonObject((Map<String, Object>) manifest));
    return Boolean.TRUE.equals(result.getValid())
        ? ""
        : type
            + ": "
            + Objects.requireNonNull(result.getErrors()).stream()
                .map(error -> error.getInstanceLocation() + " " + error.getError())
                .toList();
  }

  @Test
  void eachManifestFitsItsSchema() throws IOException {
    Set<String> types = new TreeSet<>();
    for (Map<?, ?> manifest : Chart.manifests("")) {
      types.add(String.valueOf(manifest.get("kind")));
      assertThat(fault(manifest)).isEmpty();
    }
    assertThat(types).hasSize(8);
  }

  @Test
  void aMisspelledFieldAWrongTypeAndAMissingFieldAreFound() throws IOException {
    Map<?, ?> deployment = Chart.manifests("Deployment").get(0);
    change(deployment, "spec.template.spec.terminationGracePeriod", 50);
    assertThat(fault(deployment)).contains("terminationGracePeriod");
    Map<?, ?> budget = Chart.manifests("PodDisruptionBudget").get(0);
    change(budget, "spec.selector", "ovation");
    assertThat(fault(budget)).contains("selector");
    Map<?, ?> scaled = Chart.manifests("ScaledObject").get(0);
    ((Map<?, ?>) Objects.requireNonNull(scaled.get("spec"))).remove("triggers");
    assertThat(fault(scaled)).contains("triggers");
    Map<?, ?> monitor = Chart.manifests("PodMonitor").get(0);
    change(monitor, "spec.podMetricsEndpoint", List.of());
    assertThat(fault(monitor)).contains("podMetricsEndpoint");
  }

  @SuppressWarnings("unchecked") // a YAML mapping with string keys
  private static void change(Map<?, ?> manifest, String path, Object value) {
    Map<String, Object> at = (Map<String, Object>) manifest;
    String[] names = path.split("\\.");
    for (int i = 0; i < names.length - 1; i++) {
      at = (Map<String, Object>) Objects.requireNonNull(at.get(names[i]));
    }
    at.put(names[names.length - 1], value);
  }
}
