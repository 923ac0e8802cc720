package io.ovation.http.problem;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the routes of a path by their templates, such as {@code /streams/:stream/comments}. */
public final class RouteTemplates {
  private static final Set<String> WORDS =
      Set.of(
          "streams",
          "comments",
          "reactions",
          "events",
          "settings",
          "reports",
          "held",
          "bans",
          "users",
          "callback",
          "objects",
          "packages",
          "send-back",
          "live",
          "websocket",
          "health",
          "ready",
          "viewers",
          "admin",
          "queue",
          "dead-letters",
          "partitions",
          "metrics");

  private RouteTemplates() {}

  /** The routes whose template matches the path as it was sent. */
  static Stream<Route> at(Router router, String path) {
    return router.getRoutes().stream().filter(route -> matches(route, path));
  }

  /** Whether a route's template matches the path as it was sent. */
  public static boolean any(Router router, String path) {
    return at(router, path).findAny().isPresent();
  }

  /** The name of the path parameter whose value is {@code value}; null if none is. */
  public static @Nullable String parameter(Router router, String path, String value) {
    String[] actual = path.split("/", -1);
    return at(router, path)
        .map(route -> String.valueOf(route.getPath()).split("/", -1))
        .flatMap(
            template ->
                IntStream.range(0, Math.min(template.length, actual.length))
                    .filter(i -> template[i].startsWith(":") && actual[i].equals(value))
                    .mapToObj(i -> template[i].substring(1)))
        .findFirst()
        .orElse(null);
  }

  /** The path parameter whose value in {@code rawPath} is encoded; {@code path} if none is. */
  public static String encodedParameter(Router router, String rawPath) {
    return Stream.of(rawPath.split("/"))
        .filter(segment -> segment.contains("%"))
        .flatMap(segment -> Stream.ofNullable(parameter(router, rawPath, segment)))
        .findFirst()
        .orElse("path");
  }

  /**
   * A request's method and path for the log: segments that are not words of the API are left out,
   * since they may name a user.
   */
  static String named(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    return request.method().name()
        + " "
        + Stream.of(path.split("/"))
            .skip(1)
            .limit(6)
            .map(segment -> WORDS.contains(segment) ? "/" + segment : "/*")
            .collect(Collectors.joining());
  }

  private static boolean matches(Route route, String path) {
    String template = route.getPath();
    if (template == null || !route.isExactPath()) {
      return template != null && (path.startsWith(template) || (path + "/").equals(template));
    }
    String[] wanted = template.split("/", -1);
    String[] actual = path.split("/", -1);
    return wanted.length == actual.length
        && IntStream.range(0, wanted.length)
            .allMatch(i -> wanted[i].startsWith(":") || wanted[i].equals(actual[i]));
  }
}
