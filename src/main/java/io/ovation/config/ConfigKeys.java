package io.ovation.config;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Every key there is, read off the components of {@link Config}. */
final class ConfigKeys {
  private static final String ENV = "OVATION_";
  private static final Map<String, Class<?>> TYPES = new LinkedHashMap<>();
  private static final Set<String> SECTIONS = new LinkedHashSet<>();
  private static final Map<String, String> BY_ENV = new LinkedHashMap<>();

  static {
    collect("", Config.class);
    TYPES.keySet().forEach(path -> BY_ENV.put(env(path), path));
  }

  private ConfigKeys() {}

  private static void collect(String prefix, Class<?> type) {
    for (RecordComponent component : type.getRecordComponents()) {
      String path = prefix + snake(component.getName());
      if (component.getType().isRecord()) {
        SECTIONS.add(path);
        collect(path + ".", component.getType());
      } else {
        TYPES.put(path, component.getType());
      }
    }
  }

  /** {@code bodyLimit → body_limit}. */
  static String snake(String component) {
    return component.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** {@code http.port → OVATION_HTTP_PORT}. */
  static String env(String path) {
    return ENV + path.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  /** Each variable that sets a key, with the key's path. */
  static Map<String, String> byEnv() {
    return BY_ENV;
  }

  static boolean isEnv(String variable) {
    return variable.startsWith(ENV);
  }

  static Set<String> paths() {
    return TYPES.keySet();
  }

  static boolean isKey(String path) {
    return TYPES.containsKey(path);
  }

  static boolean isSection(String path) {
    return SECTIONS.contains(path);
  }

  /** The key an operator most likely meant. */
  static String nearest(String path) {
    return nearest(path, TYPES.keySet(), '.');
  }

  /** The variable an operator most likely meant. */
  static String nearestEnv(String variable) {
    return nearest(variable, BY_ENV.keySet(), '_');
  }

  /** A key in the wrong section counts as nearly right: people forget where things are. */
  private static String nearest(String wanted, Collection<String> known, char separator) {
    String best = "";
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int whole = EditDistance.between(wanted, candidate);
      int last = 1 + EditDistance.between(last(wanted, separator), last(candidate, separator));
      int distance = separator == '.' ? Math.min(whole, last) : whole;
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best;
  }

  private static String last(String path, char separator) {
    return path.substring(path.lastIndexOf(separator) + 1);
  }
}
