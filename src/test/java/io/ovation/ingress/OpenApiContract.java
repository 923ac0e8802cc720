package io.ovation.ingress;

import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The OpenAPI file, as the server gives it out. */
public final class OpenApiContract {
  private static final JsonSchemaOptions OPTIONS =
      new JsonSchemaOptions()
          .setBaseUri("app://ovation/")
          .setDraft(Draft.DRAFT202012)
          .setOutputFormat(OutputFormat.Basic);

  private final JsonObject root;

  @SuppressWarnings("unchecked") // a YAML mapping with string keys
  public OpenApiContract(String yaml) {
    Load load = new Load(LoadSettings.builder().build());
    root = new JsonObject((Map<String, Object>) load.loadFromString(yaml));
  }

  /** The file as it is in the sources. */
  public static OpenApiContract shipped() {
    try {
      return new OpenApiContract(Files.readString(Path.of("src/main/resources/openapi.yaml")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * An operation of the viewers' port.
   *
   * @param role the least that may; null if everybody may
   * @param tokenOptional without {@code auth.required}
   */
  public record Operation(
      String id, String method, String path, @Nullable String role, boolean tokenOptional) {}

  /** All operations but those of the operators' port. */
  public List<Operation> operations() {
    List<Operation> all = new ArrayList<>();
    for (String path : paths().fieldNames()) {
      for (String method : paths().getJsonObject(path).fieldNames()) {
        JsonObject operation = operation(method, path);
        if (!operation.containsKey("servers")) {
          all.add(
              new Operation(
                  operation.getString("operationId"),
                  method.toUpperCase(Locale.ROOT),
                  path,
                  operation.getString("x-role"),
                  operation.getJsonArray("security").contains(new JsonObject())));
        }
      }
    }
    return all;
  }

  /** Each documented answer, such as {@code GET /metrics 200}. */
  public Set<String> answers() {
    Set<String> answers = new TreeSet<>();
    for (String path : paths().fieldNames()) {
      for (String method : paths().getJsonObject(path).fieldNames()) {
        for (String status : operation(method, path).getJsonObject("responses").fieldNames()) {
          answers.add(method.toUpperCase(Locale.ROOT) + " " + path + " " + status);
        }
      }
    }
    return answers;
  }

  /** The media type of a documented answer, and what its body is checked by. */
  public Map.Entry<String, JsonObject> answer(String method, String path, int status) {
    JsonObject answer =
        resolve(
            operation(method, path)
                .getJsonObject("responses")
                .getJsonObject(Integer.toString(status)));
    String type = answer.getJsonObject("content").fieldNames().iterator().next();
    return Map.entry(
        type, resolve(answer.getJsonObject("content").getJsonObject(type).getJsonObject("schema")));
  }

  JsonObject schema(String name) {
    return resolve(new JsonObject().put("$ref", "#/components/schemas/" + name));
  }

  /** Null if {@code value} is as {@code schema} says, else what is not. */
  public static @Nullable String fault(JsonObject schema, Object value) {
    OutputUnit verdict = Validator.create(JsonSchema.of(schema), OPTIONS).validate(value);
    return verdict.getValid() ? null : String.valueOf(verdict.getErrors());
  }

  private JsonObject paths() {
    return root.getJsonObject("paths");
  }

  private JsonObject operation(String method, String path) {
    return paths().getJsonObject(path).getJsonObject(method.toLowerCase(Locale.ROOT));
  }

  private JsonObject resolve(JsonObject node) {
    String ref = node.getString("$ref");
    if (ref == null) {
      return node;
    }
    JsonObject found = root;
    for (String step : ref.substring(2).split("/")) {
      found = found.getJsonObject(step);
    }
    return found;
  }
}
