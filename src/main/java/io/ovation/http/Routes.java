package io.ovation.http;

/** A role's part of the HTTP front. */
public interface Routes {

  /** Called once for each event loop of the front, on that loop. */
  void mount(HttpEventLoop loop);
}
