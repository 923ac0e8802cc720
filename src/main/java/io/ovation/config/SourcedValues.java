package io.ovation.config;

import io.ovation.config.ConfigLoader.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The values of keys, each with the source that set it last. For the start, on one thread. */
final class SourcedValues extends HashMap<String, Object> {
  private static final long serialVersionUID = 1L;
  private static final String DEFAULT = "default";
  private static final String ENVIRONMENT = "the environment";
  private static final String MASK = "***";

  private final HashMap<String, String> sources = new HashMap<>();
  private String source = DEFAULT;

  /** What is put from now on comes from {@code next}. */
  void from(String next) {
    source = next;
  }

  @Override
  public @Nullable Object put(String key, Object value) {
    sources.put(key, source.equals(ENVIRONMENT) ? ConfigKeys.env(key) : source);
    return super.put(key, value);
  }

  List<Setting> settings() {
    List<Setting> settings = new ArrayList<>();
    Set<String> keys = new LinkedHashSet<>(ConfigKeys.RULES.keySet());
    keys.addAll(new TreeSet<>(keySet()));
    for (String key : keys) {
      Object value = getOrDefault(key, "");
      settings.add(new Setting(key, shown(key, value), sources.getOrDefault(key, DEFAULT)));
    }
    return settings;
  }

  private static String shown(String key, Object value) {
    if (key.matches(".*(secret|token|password)")) {
      return value.toString().isEmpty() ? "\"\"" : MASK;
    }
    if (value instanceof Duration duration) {
      return unit(
          duration.toMillis(), "ms", 1_000, "s", 60_000, "m", 3_600_000, "h", 86_400_000, "d");
    }
    if (value instanceof Long size) {
      return unit(size, "B", 1 << 10, "KiB", 1 << 20, "MiB", 1 << 30, "GiB");
    }
    if (value instanceof Map<?, ?> map) {
      List<String> pairs = new ArrayList<>();
      map.forEach((name, url) -> pairs.add(name + ": " + masked(String.valueOf(url))));
      return "{" + String.join(", ", pairs) + "}";
    }
    String text = masked(value.toString());
    return text.isEmpty() ? "\"\"" : text;
  }

  /** A URI's user and password, and a query, which may have one too. */
  private static String masked(String text) {
    return text.replaceAll("//[^,\\s]*@", "//" + MASK + "@")
        .replaceAll("password=[^&\\s]*", "password=" + MASK);
  }

  /** In the largest unit that divides the amount. */
  private static String unit(long amount, String smallest, Object... factorsAndUnits) {
    String text = amount + smallest;
    for (int i = 0; i < factorsAndUnits.length; i += 2) {
      long factor = ((Number) factorsAndUnits[i]).longValue();
      if (amount > 0 && amount % factor == 0) {
        text = amount / factor + String.valueOf(factorsAndUnits[i + 1]);
      }
    }
    return text;
  }
}
