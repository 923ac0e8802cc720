package io.ovation.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Refuses regions that could only lead to loops, to doubles, or to nothing. */
final class RegionChecks {
  private static final Pattern HOST =
      Pattern.compile("(?:(amqps?)://)?(?:[^@/]*@)?(\\[[^]]*]|[^:/@]*)(?::(\\d+))?(/[^?#]*)?");

  private RegionChecks() {}

  static void check(Config config) {
    Map<String, String> queues = config.regions().queues();
    if (queues.isEmpty()) {
      return;
    }
    if (config.rabbitmq().uri().isEmpty() || config.redis().uri().isEmpty()) {
      throw new ConfigException(
          "regions are configured, but this node has its queue or its store embedded, and a region"
              + " needs a RabbitMQ and a Redis of its own: set rabbitmq.uri (OVATION_RABBITMQ_URI)"
              + " and redis.uri (OVATION_REDIS_URI), or remove the regions");
    }
    Set<String> own = places(config.rabbitmq().uri());
    queues.forEach(
        (name, queue) -> {
          if (name.equals(config.region())) {
            throw new ConfigException(
                "regions."
                    + name
                    + " names this region itself (region: "
                    + config.region()
                    + "). List only the other regions, and give each region a name of its own");
          }
          if (places(queue).stream().anyMatch(own::contains)) {
            throw new ConfigException(
                "regions."
                    + name
                    + ".queue is this region's own RabbitMQ (rabbitmq.uri), so that every comment"
                    + " would come back. Name the RabbitMQ of region "
                    + name);
          }
          queues.forEach(
              (other, its) -> {
                if (!other.equals(name) && !disjoint(places(its), places(queue))) {
                  throw new ConfigException(
                      "regions %s and %s have the same RabbitMQ: one region has two names. Remove one"
                          .formatted(name, other));
                }
              });
        });
    if (queues.keySet().stream().map(n -> n.toLowerCase(Locale.ROOT)).distinct().count()
        < queues.size()) {
      throw new ConfigException(
          "regions: two names differ only in upper and lower case. Name each region once");
    }
  }

  private static boolean disjoint(Set<String> a, Set<String> b) {
    return a.stream().noneMatch(b::contains);
  }

  /** {@code host:port/vhost} of each address, one spelling for each place. */
  private static Set<String> places(String uri) {
    String[] parts = uri.split(",");
    String vhost = "/";
    boolean tls = uri.startsWith("amqps");
    for (String part : parts) {
      Matcher matcher = HOST.matcher(part.strip());
      if (matcher.matches() && matcher.group(4) != null && matcher.group(4).length() > 1) {
        vhost = matcher.group(4).replaceFirst("^/(%2[fF])?", "/");
      }
    }
    String at = vhost;
    return Arrays.stream(parts)
        .map(part -> HOST.matcher(part.strip()))
        .filter(Matcher::matches)
        .map(
            part -> {
              String port = part.group(3) == null ? (tls ? "5671" : "5672") : part.group(3);
              return host(part.group(2)) + ":" + port + at;
            })
        .collect(Collectors.toSet());
  }

  private static String host(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    boolean loopback =
        lower.equals("localhost") || lower.equals("[::1]") || lower.matches("127(\\.\\d+){3}");
    return loopback ? "loopback" : lower;
  }
}
