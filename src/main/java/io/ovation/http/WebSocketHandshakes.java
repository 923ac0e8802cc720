package io.ovation.http;

import io.ovation.http.problem.Problem;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks what Vert.x does not check of a WebSocket's handshake (RFC 6455, 4.2.1). */
final class WebSocketHandshakes {
  private static final String KEY = "Sec-WebSocket-Key";
  private static final String VERSION = "Sec-WebSocket-Version";
  private static final String PROTOCOL = "Sec-WebSocket-Protocol";

  /** 16 bytes in base 64: the last digit before the padding carries two bits. */
  private static final Pattern SIXTEEN_BYTES = Pattern.compile("[A-Za-z0-9+/]{21}[AQgw]==");

  /** The names of protocols are tokens (RFC 9110, 5.6.2); one of them is in the answer. */
  private static final Pattern NAMES =
      Pattern.compile("[\\w!#$%&'*+.^`|~-]+( *, *[\\w!#$%&'*+.^`|~-]+)*");

  private WebSocketHandshakes() {}

  /** Why the upgrade is refused; null if it is not. */
  static @Nullable Problem refusal(HttpServerRequest request) {
    if (request.version() != HttpVersion.HTTP_1_1 || !request.method().equals(HttpMethod.GET)) {
      return Problem.invalid("Upgrade", "a WebSocket begins with GET in HTTP/1.1");
    }
    if (!connectionNamesUpgrade(request)) {
      return Problem.invalid("Connection", "must be Upgrade");
    }
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        || (length != null && !length.equals("0"))) {
      return Problem.invalid("body", "the request that begins a WebSocket has none");
    }
    List<String> keys = request.headers().getAll(KEY);
    if (keys.size() != 1 || !SIXTEEN_BYTES.matcher(keys.get(0).strip()).matches()) {
      return Problem.invalid(KEY, "must be given once: 16 bytes in base 64");
    }
    if (!List.of("13").equals(request.headers().getAll(VERSION))) {
      request.response().putHeader(VERSION, "13");
      return new Problem(426, "invalid", VERSION, VERSION + ": must be 13");
    }
    List<String> protocols = request.headers().getAll(PROTOCOL);
    return protocols.stream().allMatch(names -> NAMES.matcher(names.strip()).matches())
        ? null
        : Problem.invalid(PROTOCOL, "must be names with commas between them");
  }

  private static boolean connectionNamesUpgrade(HttpServerRequest request) {
    return request.headers().getAll(HttpHeaders.CONNECTION).stream()
        .flatMap(value -> List.of(value.split(",")).stream())
        .anyMatch(value -> value.strip().equalsIgnoreCase("upgrade"));
  }
}
