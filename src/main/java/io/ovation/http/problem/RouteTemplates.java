package io.ovation.http.problem;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.Set;
import java.util.TreeSet;

/**
 * Matches a path against the routes' templates ({@code /streams/:stream/comments}), for what Vert.x
 * does not pass to a failure handler. Runs for refused requests only.
 */
final class RouteTemplates {

  private RouteTemplates() {}

  /** The methods of all routes at {@code path}, sorted. */
  static Set<String> methods(Router router, String path) {
    Set<String> methods = new TreeSet<>();
    for (Route route : router.getRoutes()) {
      if (route.methods() != null && matches(route, path)) {
        route.methods().stream().map(HttpMethod::name).forEach(methods::add);
      }
    }
    return methods;
  }

  /** The path parameter that can't be decoded in {@code rawPath}, else {@code path}. */
  static String undecodable(Router router, String rawPath) {
    String[] actual = rawPath.split("/");
    for (Route route : router.getRoutes()) {
      if (matches(route, rawPath)) {
        String[] template = route.getPath().split("/");
        for (int i = 0; i < template.length && i < actual.length; i++) {
          if (template[i].startsWith(":") && actual[i].contains("%")) {
            return template[i].substring(1);
          }
        }
      }
    }
    return "path";
  }

  private static boolean matches(Route route, String path) {
    String template = route.getPath();
    if (template == null || !route.isExactPath()) {
      return template != null && path.startsWith(template);
    }
    String[] wanted = template.split("/");
    String[] actual = path.split("/");
    if (wanted.length != actual.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (!wanted[i].startsWith(":") && !wanted[i].equals(actual[i])) {
        return false;
      }
    }
    return true;
  }
}
