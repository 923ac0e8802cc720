package io.ovation.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One source's settings by key path, each already checked.
 *
 * @param source how the operator knows it: a file's path, {@code -conf}, a variable
 */
record ConfigSource(String source, Map<String, Object> values) {

  /** Refuses a key that does not exist, and a value its key may not hold. */
  static ConfigSource of(String source, Map<?, ?> tree) {
    Map<String, Object> values = new LinkedHashMap<>();
    collect(source, "", tree, values);
    return new ConfigSource(source, values);
  }

  private static void collect(
      String source, String prefix, Map<?, ?> tree, Map<String, Object> into) {
    for (Map.Entry<?, ?> entry : tree.entrySet()) {
      String path = prefix + entry.getKey();
      Object value = entry.getValue();
      if (ConfigKeys.isKey(path)) {
        into.put(path, check(source, path, value));
      } else if (value instanceof Map<?, ?> section && !section.isEmpty()) {
        collect(source, path + ".", section, into);
      } else if (!ConfigKeys.isSection(path)) {
        throw new ConfigException(
            source
                + ": unknown key "
                + path
                + "; the nearest valid key is "
                + ConfigKeys.nearest(path));
      } else if (value != null && !(value instanceof Map)) {
        throw new ConfigException(
            source + ": " + path + " is a section with keys below it, not " + shown(value));
      }
    }
  }

  /** The value as its type. */
  static Object check(String source, String path, @Nullable Object raw) {
    ValueRule rule = ValueRules.of(path);
    Object value = rule.parse().value(raw == null ? "" : raw);
    if (value == null) {
      throw new ConfigException(
          source
              + ": "
              + path
              + (path.endsWith("secret") ? " can't be used" : " is " + shown(raw))
              + "; expected "
              + rule.expected());
    }
    return value;
  }

  /** URIs carry passwords, and refusals end up in logs. */
  private static String shown(@Nullable Object raw) {
    return raw == null || "".equals(raw)
        ? "empty"
        : "\"" + raw.toString().replaceAll("//[^/]*@", "//***@") + "\"";
  }
}
