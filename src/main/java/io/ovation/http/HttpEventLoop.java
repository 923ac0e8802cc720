package io.ovation.http;

import io.ovation.http.body.JsonBodies;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.function.Predicate;

/** The HTTP server of one event loop, to which roles add their routes. Used on that loop only. */
public interface HttpEventLoop {

  Vertx vertx();

  Context context();

  /** Routes of all requests but WebSocket upgrades. */
  Router router();

  /** Reads the bodies of this loop's requests. */
  JsonBodies bodies();

  /** Handles WebSocket upgrades on paths that match, without a router around the request. */
  void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler);
}
