package io.ovation.http;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.RouteTemplates;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Checks a request's path and query before they are matched. Vert.x would match {@code //metrics}
 * and {@code /x/../metrics} as {@code /metrics}, while a proxy's rules see another path; here the
 * path that is matched is the path that was sent.
 */
final class RequestTarget {
  private RequestTarget() {}

  /**
   * Why a request is refused for its target; null if it is not.
   *
   * @param notFound for paths that no route has
   */
  static @Nullable Problem refusal(HttpServerRequest request, Router router, Problem notFound) {
    String path = request.path();
    if (path == null || !path.startsWith("/")) {
      return Problem.invalid("path", "must begin with a slash");
    }
    String query = request.query();
    if (query != null && !isPercentEncoded(query)) {
      return Problem.invalid("query", "is not percent-encoded UTF-8");
    }
    return isPlain(path) ? null : unusual(path, router, notFound);
  }

  /** Most paths are; a request for one of them costs one scan. */
  private static boolean isPlain(String path) {
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      boolean edge = i + 1 == path.length() || path.charAt(i + 1) == '/';
      boolean afterSlash = c == '/' && i + 1 < path.length() && path.charAt(i + 1) == '.';
      if (c == '%' || c >= 0x7F || afterSlash || (c == '/' && edge && path.length() > 1)) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable Problem unusual(String path, Router router, Problem notFound) {
    for (String segment : path.split("/", -1)) {
      String decoded = segment.toLowerCase(Locale.ROOT).replace("%2e", ".");
      if (decoded.equals(".") || decoded.equals("..")) {
        String field = RouteTemplates.parameter(router, path, segment);
        return field == null ? notFound : Problem.invalid(field, "must not be . or ..");
      }
    }
    if (path.contains("//") || !RouteTemplates.any(router, path)) {
      return notFound;
    }
    // Vert.x would take other bytes for U+FFFD, so that several paths name one user.
    return isPercentEncoded(path)
        ? null
        : Problem.invalid(
            RouteTemplates.encodedParameter(router, path), "is not percent-encoded UTF-8");
  }

  private static boolean isPercentEncoded(String text) {
    boolean escaped = false;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c >= 0x7F) {
        return false;
      }
      if (c != '%') {
        bytes.write(c);
        continue;
      }
      escaped = true;
      int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        return false;
      }
      bytes.write(high << 4 | low);
      i += 2;
    }
    return !escaped || isUtf8(bytes.toByteArray());
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
