package io.ovation.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code regions.<name>.queue}, the only keys whose names the operator chooses. Their values
 * gather under {@link #PATH}, by the regions' names; a stronger source replaces single regions.
 */
final class RegionKeys {
  static final String SECTION = "regions";

  /** The component of {@link Config} that gets them. */
  static final String PATH = "regions.queues";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern ADDRESSES = Pattern.compile("amqps?://\\S+");
  private static final Pattern VARIABLE = Pattern.compile("OVATION_REGIONS_(.+)_QUEUE");

  private RegionKeys() {}

  /** Whether the key below {@code regions} names a region. */
  static boolean isRegion(String prefix, String name) {
    return prefix.equals(SECTION + ".")
        && !ConfigKeys.RULES.containsKey(prefix + name)
        && !name.equals("queues");
  }

  /** Takes one region's section. */
  static void read(
      String source, String name, @Nullable Object section, Map<String, Object> values) {
    String path = SECTION + "." + name;
    if (!NAME.matcher(name).matches()) {
      throw new ConfigException(
          "%s: %s: a region's name is 1 to 64 of A-Z a-z 0-9 . _ -".formatted(source, path));
    }
    if (!(section instanceof Map<?, ?> keys) || !keys.keySet().equals(Set.of("queue"))) {
      throw new ConfigException(
          "%s: %s must hold the one key queue, as in \"%s: {queue: amqp://user:password@host}\"; the other keys of regions are outbox_bytes and outbox_age"
              .formatted(source, path, name));
    }
    put(source, name, keys.get("queue"), values);
  }

  /** Takes {@code OVATION_REGIONS_<NAME>_QUEUE}; false if the variable is not one of these. */
  static boolean readVariable(String variable, String value, Map<String, Object> values) {
    Matcher matcher = VARIABLE.matcher(variable);
    if (!matcher.matches()) {
      return false;
    }
    String shouted = matcher.group(1);
    String name =
        queues(values).keySet().stream()
            .filter(known -> shout(known).equals(shouted))
            .findFirst()
            .orElse(shouted.toLowerCase(Locale.ROOT).replace('_', '-'));
    put("environment variable " + variable, name, value, values);
    return true;
  }

  private static String shout(String name) {
    return name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  private static void put(
      String source, String name, @Nullable Object raw, Map<String, Object> values) {
    Object text =
        raw instanceof List<?> list
            ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
            : Objects.requireNonNullElse(raw, "");
    if (!ADDRESSES.matcher(text.toString()).matches()) {
      throw new ConfigException(
          "%s: %s.%s.queue can't be used; expected amqp://user:password@host:port/vhost of the region's RabbitMQ, or several"
              .formatted(source, SECTION, name));
    }
    queues(values).put(name, text.toString());
  }

  /** Name → addresses, as gathered so far. */
  @SuppressWarnings("unchecked")
  static Map<String, String> queues(Map<String, Object> values) {
    return (Map<String, String>)
        values.computeIfAbsent(PATH, path -> new LinkedHashMap<String, String>());
  }
}
