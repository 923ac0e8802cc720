package io.ovation.http;

/** Routes of a role. */
public interface Routes {

  /** Adds the routes to one event loop's server. Called once per event loop, on it. */
  void mount(HttpEventLoop loop);
}
