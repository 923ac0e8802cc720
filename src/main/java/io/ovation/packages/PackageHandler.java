package io.ovation.packages;

import io.vertx.core.Future;

/**
 * Processes the packages of one type. Implementations are found by {@link java.util.ServiceLoader}:
 * a jar on the class path that names its class in {@code
 * META-INF/services/io.ovation.packages.PackageHandler}, with a public constructor without
 * parameters.
 *
 * <p>A package may be handled more than once: after a failure, after a crash between the end of the
 * work and the record of it, or while a handler that outlived its lease is still running. So make
 * the effect idempotent by {@link PackageJob#id}.
 */
public interface PackageHandler {

  /** The type it serves: 1-64 of A-Z a-z 0-9 . _ : -. */
  String type();

  /**
   * Called on an event loop; must not block.
   *
   * @return succeeds when the work is done; fails with {@link PermanentFailure} when it can never
   *     be done, and the package becomes dead; with {@link RetryLater} to choose the pause before
   *     the next attempt. After any other failure, or without an outcome within {@code
   *     packages.timeout}, the package is tried again
   */
  Future<Void> handle(PackageJob job);
}
