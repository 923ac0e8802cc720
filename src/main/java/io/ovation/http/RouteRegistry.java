package io.ovation.http;

import io.vertx.core.Future;

/** A node's HTTP server: one listener per event loop on one port. */
public interface RouteRegistry {

  /** Adds a role's routes on every event loop. */
  Future<Void> mount(Routes routes);
}
