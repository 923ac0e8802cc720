package io.ovation.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What can be said of Kibana's saved objects without a Kibana: they refer to one another, and show
 * only what the index template maps and the log has.
 */
class SavedObjectsTest {
  private static final Path ELASTIC = Path.of("deploy/elastic");
  private static final Pattern QUERIED = Pattern.compile("([A-Za-z@][A-Za-z0-9_.]*)\\s*:");

  private static List<JsonObject> objects() throws IOException {
    return Files.readAllLines(ELASTIC.resolve("saved-objects.ndjson")).stream()
        .map(JsonObject::new)
        .toList();
  }

  private static JsonObject template() throws IOException {
    return new JsonObject(Files.readString(ELASTIC.resolve("index-template.json")));
  }

  /** Each field that the index template maps, with dots. */
  private static Set<String> mapped() throws IOException {
    Set<String> fields = new TreeSet<>();
    collect("", template().getJsonObject("template").getJsonObject("mappings"), fields);
    return fields;
  }

  private static void collect(String prefix, JsonObject at, Set<String> fields) {
    JsonObject properties = at.getJsonObject("properties", new JsonObject());
    for (String name : properties.fieldNames()) {
      JsonObject field = properties.getJsonObject(name);
      if (field.containsKey("type")) {
        fields.add(prefix + name);
      }
      collect(prefix + name + ".", field, fields);
    }
  }

  private static Stream<JsonObject> each(JsonArray array) {
    return array.stream().map(JsonObject.class::cast);
  }

  /** Columns, fields of queries and of aggregations. */
  private static List<String> fields(JsonObject object) {
    JsonObject attributes = object.getJsonObject("attributes");
    List<String> fields = new ArrayList<>();
    attributes.getJsonArray("columns", new JsonArray()).forEach(c -> fields.add(c.toString()));
    JsonObject meta = attributes.getJsonObject("kibanaSavedObjectMeta", new JsonObject());
    String query =
        new JsonObject(meta.getString("searchSourceJSON", "{}"))
            .getJsonObject("query", new JsonObject())
            .getString("query", "");
    for (Matcher found = QUERIED.matcher(query); found.find(); ) {
      fields.add(found.group(1));
    }
    each(new JsonObject(attributes.getString("visState", "{\"aggs\":[]}")).getJsonArray("aggs"))
        .map(agg -> agg.getJsonObject("params").getString("field"))
        .filter(field -> field != null)
        .forEach(fields::add);
    return fields;
  }

  @Test
  void eachFieldThatIsShownOrAskedForIsMapped() throws IOException {
    Set<String> mapped = mapped();
    List<String> used = new ArrayList<>();
    for (JsonObject object : objects()) {
      List<String> fields = fields(object);
      assertThat(mapped).as(object.getString("id")).containsAll(fields);
      used.addAll(fields);
    }
    assertThat(used).contains("log.level", "labels.correlation_id", "error.type", "@timestamp");
  }

  @Test
  void theDataViewCoversTheTemplatesIndicesAndEachReferenceLeadsSomewhere() throws IOException {
    Map<String, String> types = new HashMap<>();
    objects().forEach(object -> types.put(object.getString("id"), object.getString("type")));
    assertThat(types).containsValues("index-pattern", "search", "visualization", "dashboard");
    for (JsonObject object : objects()) {
      each(object.getJsonArray("references"))
          .forEach(to -> assertThat(types).containsEntry(to.getString("id"), to.getString("type")));
      JsonObject attributes = object.getJsonObject("attributes");
      if (object.getString("type").equals("index-pattern")) {
        assertThat(template().getJsonArray("index_patterns"))
            .containsExactly(attributes.getString("title"));
      }
      if (object.getString("type").equals("dashboard")) {
        List<String> panels =
            each(new JsonArray(attributes.getString("panelsJSON")))
                .map(panel -> panel.getString("panelIndex") + ":" + panel.getString("panelRefName"))
                .toList();
        assertThat(each(object.getJsonArray("references")).map(to -> to.getString("name")))
            .containsExactlyElementsOf(panels);
      }
    }
  }

  @Test
  void eachLoggerThatASearchNamesExists() throws Exception {
    for (JsonObject object : objects()) {
      Matcher named = Pattern.compile("io\\.ovation(?:\\.\\w+)+").matcher(object.encode());
      while (named.find()) {
        assertThat(Class.forName(named.group())).isNotNull();
      }
    }
  }
}
