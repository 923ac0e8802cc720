package io.ovation.http;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.function.Predicate;

/** One event loop of the front, as roles see it. Used on that loop only. */
public interface HttpEventLoop {

  Vertx vertx();

  Context context();

  /** Requests that are not WebSocket upgrades. */
  Router router();

  /** WebSocket upgrades whose path passes {@code path}, before any router wraps the request. */
  void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler);
}
