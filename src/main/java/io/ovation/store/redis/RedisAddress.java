package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code redis.uri} says: {@code redis://[[user]:password@]host[:port][/db]}, or {@code
 * redis+sentinel://[[user]:password@]host[:port],…/master[/db][?sentinel_password=…]}; with {@code
 * rediss} for TLS. Reserved characters in a password may be percent-encoded, or stand as they are.
 *
 * @param hosts of Redis, or of the Sentinels; {@code host:port}
 * @param master the name by which Sentinels know the primary; null without Sentinels
 */
public record RedisAddress(
    boolean tls,
    List<String> hosts,
    @Nullable String master,
    @Nullable String user,
    @Nullable String password,
    @Nullable String sentinelPassword,
    int db) {

  private static final String SENTINEL = "+sentinel";

  /**
   * @throws IllegalArgumentException says what is wrong, without the password
   */
  public static RedisAddress of(String uri) {
    int scheme = uri.indexOf("://");
    int at = uri.lastIndexOf('@');
    String protocol = uri.substring(0, Math.max(0, scheme));
    boolean sentinel = protocol.endsWith(SENTINEL);
    String name = sentinel ? protocol.replace(SENTINEL, "") : protocol;
    if (!name.equals("redis") && !name.equals("rediss")) {
      throw invalid("it must begin with redis://, rediss:// or redis+sentinel://");
    }
    String login = at < 0 ? "" : uri.substring(scheme + 3, at);
    String[] query = uri.substring(at < 0 ? scheme + 3 : at + 1).split("\\?", 2);
    String[] path = query[0].split("/", -1);
    int dbAt = sentinel ? 2 : 1;
    if (sentinel && (path.length < 2 || path[1].isEmpty())) {
      throw invalid(
          "the name of the primary is missing: redis+sentinel://host:port,host:port/name");
    }
    int port = sentinel ? 26_379 : 6_379;
    List<String> hosts = Arrays.stream(path[0].split(",", -1)).map(h -> host(h, port)).toList();
    if (!sentinel && hosts.size() > 1) {
      throw invalid("it names several hosts, which only redis+sentinel:// may do");
    }
    int colon = login.indexOf(':');
    return new RedisAddress(
        name.equals("rediss"),
        hosts,
        sentinel ? path[1] : null,
        colon <= 0 ? null : decode(login.substring(0, colon)),
        login.isEmpty() ? null : decode(login.substring(colon + 1)),
        query.length > 1 && query[1].startsWith("sentinel_password=")
            ? decode(query[1].substring("sentinel_password=".length()))
            : null,
        path.length <= dbAt || path[dbAt].isEmpty() ? 0 : db(path[dbAt]));
  }

  private static String host(String host, int port) {
    if (host.isEmpty()) {
      throw invalid("a host is missing");
    }
    return host.lastIndexOf(':') > host.lastIndexOf(']') ? host : host + ":" + port;
  }

  private static int db(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw invalid("the number of the database is not a number");
    }
  }

  /** As it is if it holds a percent sign that begins no code. */
  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  private static IllegalArgumentException invalid(String why) {
    return new IllegalArgumentException("redis.uri: " + why);
  }

  /** For people; without the password. */
  public String text() {
    String all = hosts.stream().collect(Collectors.joining(","));
    return master == null ? all : "\"" + master + "\" of the Sentinels " + all;
  }
}
