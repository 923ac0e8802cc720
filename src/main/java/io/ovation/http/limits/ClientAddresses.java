package io.ovation.http.limits;

import io.netty.util.NetUtil;
import io.ovation.config.ConfigException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of clients. What {@code X-Forwarded-For}, or else {@code Forwarded} (RFC 7239),
 * says counts only as far as trusted proxies said it: from the right, up to the first address that
 * is not one of theirs. Any thread.
 */
public final class ClientAddresses {
  private static final String X_FORWARDED_FOR = "x-forwarded-for";
  private static final String FORWARDED = "forwarded";

  /** Proxies in a row; what is further to the left is not read. */
  private static final int MAX_HOPS = 16;

  private static final Pattern FOR =
      Pattern.compile("(?i)(?:^|;)\\s*for\\s*=\\s*(?:\"([^\"]*)\"|([^\\s;]*))");
  private static final Pattern WITH_PORT =
      Pattern.compile("\\[([^\\]]*)\\](?::\\w+)?|([^:]*)(?::\\w+)?");

  private final List<AddressRange> trusted;

  /**
   * @param trusted addresses and ranges of proxies
   * @throws IllegalArgumentException names the invalid one
   */
  public ClientAddresses(List<String> trusted) {
    this.trusted = trusted.stream().map(AddressRange::parse).toList();
  }

  /**
   * Of {@code http.trusted_proxies}.
   *
   * @throws ConfigException names the invalid one
   */
  public static ClientAddresses configured(List<String> trusted) {
    try {
      return new ClientAddresses(trusted);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("http.trusted_proxies: " + e.getMessage());
    }
  }

  public String of(HttpServerRequest request) {
    return of(request.remoteAddress(), request.headers());
  }

  /**
   * @param peer the other end of the connection
   */
  public String of(@Nullable SocketAddress peer, MultiMap headers) {
    String address = peer == null ? null : peer.hostAddress();
    if (address == null) {
      return "";
    }
    if (trusted.isEmpty() || !isTrusted(address)) {
      return canonical(address);
    }
    List<String> hops = hops(headers);
    for (int i = hops.size() - 1; i >= Math.max(0, hops.size() - MAX_HOPS); i--) {
      String hop = hops.get(i);
      if (AddressRange.bytes(hop) == null) {
        break; // Nobody can have said the truth to the left of it.
      }
      address = hop;
      if (!isTrusted(hop)) {
        break;
      }
    }
    return canonical(address);
  }

  /** Whether a peer is a proxy whose word counts. */
  public boolean isTrusted(String address) {
    byte[] bytes = trusted.isEmpty() ? null : AddressRange.bytes(address);
    return bytes != null && trusted.stream().anyMatch(range -> range.contains(bytes));
  }

  private static List<String> hops(MultiMap headers) {
    List<String> hops = new ArrayList<>();
    if (headers.contains(X_FORWARDED_FOR)) {
      for (String line : headers.getAll(X_FORWARDED_FOR)) {
        for (String hop : line.split(",", -1)) {
          hops.add(withoutPort(hop.strip()));
        }
      }
      return hops;
    }
    for (String line : headers.getAll(FORWARDED)) {
      for (String element : line.split(",", -1)) {
        Matcher matcher = FOR.matcher(element);
        String node =
            !matcher.find() ? "" : matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        hops.add(withoutPort(node));
      }
    }
    return hops;
  }

  private static String withoutPort(String node) {
    if (AddressRange.bytes(node) != null) {
      return node;
    }
    Matcher matcher = WITH_PORT.matcher(node);
    if (!matcher.matches()) {
      return "";
    }
    return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
  }

  /** One text for each address; a client has as many of IPv6 as it likes, so the first 64 bits. */
  static String canonical(String address) {
    byte[] bytes = AddressRange.bytes(address);
    if (bytes == null) {
      return address;
    }
    if (bytes.length == 16) {
      for (int i = 8; i < 16; i++) {
        bytes[i] = 0;
      }
      return NetUtil.bytesToIpAddress(bytes) + "/64";
    }
    return NetUtil.bytesToIpAddress(bytes);
  }
}
