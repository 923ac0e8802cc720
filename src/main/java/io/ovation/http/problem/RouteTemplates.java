package io.ovation.http.problem;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.Set;
import java.util.TreeSet;

/**
 * Matches a path with the routes' templates ({@code /streams/:stream/comments}) to find out what
 * vertx-web does not tell an error handler: the allowed methods, and the parameter that it could
 * not decode.
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

  /** The path parameter whose value in {@code rawPath} is encoded; {@code path} if none is. */
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
