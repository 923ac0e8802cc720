package io.ovation.config;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** All configuration keys with their rules, read from the components of {@link Config}. */
final class ConfigKeys {
  static final String ENV_PREFIX = "OVATION_";

  /** Key path → rule. */
  static final Map<String, ValueRule> RULES = new LinkedHashMap<>();

  /** Environment variable → key path. */
  static final Map<String, String> BY_ENV = new LinkedHashMap<>();

  static {
    collect("", Config.class);
    RULES.keySet().forEach(path -> BY_ENV.put(env(path), path));
  }

  private ConfigKeys() {}

  private static void collect(String prefix, Class<?> type) {
    for (RecordComponent component : type.getRecordComponents()) {
      String path = prefix + snake(component.getName());
      if (component.getType().isRecord()) {
        collect(path + ".", component.getType());
      } else if (!path.equals(RegionKeys.PATH)) {
        RULES.put(path, ValueRule.of(component));
      }
    }
  }

  /** {@code bodyLimit → body_limit}. */
  static String snake(String component) {
    return component.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** {@code http.port → OVATION_HTTP_PORT}. */
  static String env(String path) {
    return ENV_PREFIX + path.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  static boolean isSection(String path) {
    return RULES.keySet().stream().anyMatch(key -> key.startsWith(path + "."));
  }

  /** The key an operator most likely meant. A right name in the wrong section is nearly right. */
  static String nearest(String path) {
    return NearestName.of(
        RULES.keySet(),
        key ->
            Math.min(
                NearestName.distance(path, key), 1 + NearestName.distance(name(path), name(key))));
  }

  /** The variable an operator most likely meant. */
  static String nearestEnv(String variable) {
    return NearestName.of(variable, BY_ENV.keySet());
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
