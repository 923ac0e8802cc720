package io.ovation.testkit;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What {@code deploy/elastic} makes of a node's lines: Filebeat decodes them, and writes them to
 * indices of the template. What the template does not know is mapped by guess, and may be refused
 * later; what is of another type is refused at once.
 */
public final class ElasticMapping {
  private static final Path DIR = Path.of("deploy", "elastic");
  private static final Set<String> TEXTS = Set.of("keyword", "match_only_text", "wildcard");

  private final JsonObject mappings;
  private final Pattern decoded;

  public ElasticMapping() {
    JsonObject template = new JsonObject(text("index-template.json"));
    mappings = template.getJsonObject("template").getJsonObject("mappings");
    JsonObject filebeat = yaml(text("filebeat.yml"));
    JsonObject decode =
        filebeat.getJsonArray("processors").getJsonObject(0).getJsonObject("decode_json_fields");
    decoded = Pattern.compile(decode.getString("when.regexp.message"));
    String index = filebeat.getJsonObject("output.elasticsearch").getString("index");
    String indices = template.getJsonArray("index_patterns").getString(0);
    if (!decode.getBoolean("expand_keys") || !index.matches(indices.replace("*", ".+"))) {
      throw new AssertionError("the index template is not of what Filebeat writes: " + filebeat);
    }
  }

  private static String text(String file) {
    try {
      return Files.readString(DIR.resolve(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("unchecked") // a YAML mapping with string keys
  private static JsonObject yaml(String text) {
    Object read = new Load(LoadSettings.builder().build()).loadFromString(text);
    return new JsonObject((Map<String, Object>) Objects.requireNonNull(read));
  }

  /** The type of a field with a dotted name; null if the template does not map it. */
  private @Nullable String type(String field) {
    JsonObject at = mappings;
    for (String part : field.split("\\.")) {
      at = at.getJsonObject("properties", new JsonObject()).getJsonObject(part);
      if (at == null) {
        return null;
      }
    }
    return at.getString("type");
  }

  /** Why a line would not get into the index as it is; empty if it does. */
  public List<String> faults(String line) {
    List<String> faults = new ArrayList<>();
    if (!decoded.matcher(line).find()) {
      faults.add("Filebeat takes it as a text");
    }
    for (Map.Entry<String, Object> field : new JsonObject(line)) {
      String type = type(field.getKey());
      if (type == null) {
        faults.add(field.getKey() + " is not mapped");
      } else if (field.getValue() != null && !fits(type, field.getValue())) {
        faults.add(field.getKey() + " is no " + type + ": " + field.getValue());
      }
    }
    return faults;
  }

  private static boolean fits(String type, Object value) {
    if (type.equals("date")) {
      return value instanceof String text && Instant.parse(text).toEpochMilli() > 0;
    }
    return type.equals("long")
        ? value instanceof Long || value instanceof Integer
        : TEXTS.contains(type) && value instanceof String;
  }
}
