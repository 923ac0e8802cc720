package io.ovation.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The chart's values and what it renders. */
final class Chart {
  private static final Path FOLDER = Path.of("deploy/helm/ovation");

  private Chart() {}

  static Map<?, ?> values() throws IOException {
    return (Map<?, ?>) load().loadFromString(Files.readString(FOLDER.resolve("values.yaml")));
  }

  /** All manifests of a kind, with the shipped values. */
  static List<Map<?, ?>> manifests(String kind) throws IOException {
    return manifests(kind, Map.of());
  }

  /**
   * @param set as of {@code helm install --set}: a path of names, such as {@code a.b}, and its
   *     value
   */
  static List<Map<?, ?>> manifests(String kind, Map<String, ?> set) throws IOException {
    Map<?, ?> values = values();
    set.forEach((path, value) -> put(values, List.of(path.split("\\.")), value));
    List<Map<?, ?>> found = new ArrayList<>();
    for (Path template : templates()) {
      String text = new MiniChart(values, FOLDER).render(template);
      for (Object manifest : load().loadAllFromString(text)) {
        if (manifest instanceof Map<?, ?> map && (kind.isEmpty() || kind.equals(map.get("kind")))) {
          found.add(map);
        }
      }
    }
    return found;
  }

  /** The value at a path; null if there is none. A number is an index into a list. */
  static @Nullable Object at(@Nullable Object value, String... path) {
    Object at = value;
    for (String part : path) {
      if (at instanceof List<?> list) {
        at = list.get(Integer.parseInt(part));
      } else {
        at = at instanceof Map<?, ?> map ? map.get(part) : null;
      }
    }
    return at;
  }

  /** The same, where there must be one. */
  static String text(@Nullable Object value, String... path) {
    return String.valueOf(Objects.requireNonNull(at(value, path), String.join(".", path)));
  }

  static List<?> list(@Nullable Object value, String... path) {
    return (List<?>) Objects.requireNonNull(at(value, path), String.join(".", path));
  }

  @SuppressWarnings("unchecked") // of YAML mappings with string keys
  private static void put(Object values, List<String> path, Object value) {
    Map<String, Object> map = (Map<String, Object>) values;
    String name = path.get(0);
    if (path.size() == 1) {
      map.put(name, value);
    } else {
      put(map.computeIfAbsent(name, k -> new HashMap<>()), path.subList(1, path.size()), value);
    }
  }

  private static Load load() {
    return new Load(LoadSettings.builder().build());
  }

  private static List<Path> templates() throws IOException {
    try (Stream<Path> all = Files.list(FOLDER.resolve("templates"))) {
      return all.sorted().toList();
    }
  }
}
