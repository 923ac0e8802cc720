package io.ovation.config;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

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
    return nearest(
        RULES.keySet(),
        key -> Math.min(editDistance(path, key), 1 + editDistance(name(path), name(key))));
  }

  /** The variable an operator most likely meant. */
  static String nearestEnv(String variable) {
    return nearest(BY_ENV.keySet(), known -> editDistance(variable, known));
  }

  private static String nearest(Collection<String> known, ToIntFunction<String> distance) {
    return Collections.min(known, Comparator.comparingInt(distance));
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** Levenshtein's: how many letters to add, drop or replace. */
  private static int editDistance(String a, String b) {
    int[] row = IntStream.rangeClosed(0, b.length()).toArray();
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
