package io.ovation.http;

import io.vertx.core.Future;

/** Where roles add their routes to a node's HTTP servers. */
public interface RouteRegistry {

  /** Adds routes on every event loop; any thread. */
  Future<Void> mount(Routes routes);
}
