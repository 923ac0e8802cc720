package io.ovation.http;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Locale;
import java.util.Optional;

/**
 * Tests that a node will be able to listen, before it joins a cluster that it would leave at once.
 * Binds each port for a moment and accepts nothing. Blocks.
 */
public final class PortProbe {
  private static final int OPERATORS_DEFAULT = 9090;

  private PortProbe() {}

  /**
   * Tests the viewers' port, and the operators' unless a free one is bound in its place.
   *
   * @throws ConfigException says what to do
   */
  public static void require(Config config) {
    Optional<ConfigException> refusal =
        viewers(config.http()).or(() -> operators(config.operate()));
    if (refusal.isPresent()) {
      throw refusal.get();
    }
  }

  /** Why the viewers' port can't be bound; empty if it can. */
  public static Optional<ConfigException> viewers(Config.Http config) {
    return refusal("http", config.host(), config.port());
  }

  /** The same for the operators' port; empty if another is bound in its place. */
  public static Optional<ConfigException> operators(Config.Operate config) {
    return hasFallback(config)
        ? Optional.empty()
        : refusal("operate", config.host(), config.port());
  }

  /** Whether a node that finds the port taken binds a free one: so it does with the default. */
  static boolean hasFallback(Config.Operate config) {
    return config.port() == OPERATORS_DEFAULT;
  }

  private static Optional<ConfigException> refusal(String keys, String host, int port) {
    try (Socket socket = new Socket()) {
      // As servers do: connections that ended a moment ago do not count.
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, port));
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(taken(keys, host, port, e));
    }
  }

  /**
   * @param keys {@code http} or {@code operate}
   */
  static ConfigException taken(String keys, String host, int port, IOException cause) {
    return new ConfigException(
        ("Cannot listen on %1$s:%2$d (%3$s). Another process may have the port: stop it, or set"
                + " %4$s.port (OVATION_%5$s_PORT) or %4$s.host (OVATION_%5$s_HOST).")
            .formatted(host, port, cause.getMessage(), keys, keys.toUpperCase(Locale.ROOT)));
  }
}
