package io.ovation.queue.rabbit;

import com.rabbitmq.client.Address;
import io.ovation.config.ConfigException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where RabbitMQ is, as {@code OVATION_RABBITMQ_URI} says: one URI, or several parts separated by
 * commas. A part is a URI or only {@code host:port}; user, password and vhost need to be in one of
 * them. Reserved characters in these are percent-encoded. No vhost, an empty one, {@code /} and
 * {@code %2f} are the default vhost {@code /}.
 *
 * @param tls whether it is {@code amqps}
 */
public record AmqpUri(
    boolean tls, String user, String password, String vhost, List<Address> addresses) {
  private static final Pattern PART =
      Pattern.compile(
          "(?:(?<scheme>amqps?)://)?(?:(?<user>[^:@/?#]*)(?::(?<password>[^:@/?#]*))?@)?"
              + "(?<host>\\[[0-9a-fA-F:.]+]|[^:@/?#\\[\\]]+)(?::(?<port>\\d{1,5}))?(?:/(?<vhost>/|[^/?#]*))?");

  /** Throws {@link ConfigException} if it can't be used; the message does not show the password. */
  public static AmqpUri parse(String text) {
    String scheme = null;
    String user = null;
    String password = null;
    String vhost = null;
    List<String> hosts = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher found = PART.matcher(part.strip());
      if (!found.matches()) {
        throw refused("one of its parts is not user:password@host:port/vhost");
      }
      scheme = same("scheme", scheme, found.group("scheme"));
      user = same("user", user, found.group("user"));
      password = same("password", password, found.group("password"));
      vhost = same("vhost", vhost, found.group("vhost"));
      String port = found.group("port");
      hosts.add(found.group("host") + (port == null ? "" : ":" + port));
    }
    if (scheme == null) {
      throw refused("it begins with neither amqp:// nor amqps://");
    }
    boolean tls = scheme.equals("amqps");
    String name = vhost == null ? "" : decode(vhost);
    return new AmqpUri(
        tls,
        user == null ? "guest" : decode(user),
        password == null ? "guest" : decode(password),
        name.isEmpty() ? "/" : name,
        hosts.stream().map(host -> address(host, tls ? 5671 : 5672)).toList());
  }

  private static @Nullable String same(String what, @Nullable String before, @Nullable String now) {
    if (before != null && now != null && !before.equals(now)) {
      throw refused("its parts differ in the " + what);
    }
    return now == null ? before : now;
  }

  private static Address address(String host, int defaultPort) {
    int colon = host.endsWith("]") ? -1 : host.lastIndexOf(':');
    String name = colon < 0 ? host : host.substring(0, colon);
    int port = colon < 0 ? defaultPort : Integer.parseInt(host.substring(colon + 1));
    if (port < 1 || port > 65_535) {
      throw refused("port " + port + " does not exist");
    }
    return new Address(name.replaceAll("[\\[\\]]", ""), port);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw refused("its user, password or vhost has a % that no two hexadecimal digits follow");
    }
  }

  private static ConfigException refused(String why) {
    return new ConfigException(
        "OVATION_RABBITMQ_URI (rabbitmq.uri) can't be used: "
            + why
            + ". Expected amqp://user:password@host:port/vhost, or several of them separated by"
            + " commas; percent-encode reserved characters in user, password and vhost,"
            + " such as %2F for / and %40 for @.");
  }

  /** All hosts with their ports, without the password. */
  public String servers() {
    return addresses.stream().map(AmqpUri::shown).collect(Collectors.joining(", "));
  }

  private static String shown(Address address) {
    String host = address.getHost();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }
}
