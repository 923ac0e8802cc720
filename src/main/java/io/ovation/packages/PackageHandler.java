package io.ovation.packages;

import io.vertx.core.Future;

/**
 * Does the work of one type of package. Implementations are found by {@link
 * java.util.ServiceLoader}: a jar on the class path that names its class in {@code
 * META-INF/services/io.ovation.packages.PackageHandler} and has a public constructor without
 * parameters.
 *
 * <p>A package may be handled more than once: after a failure, after a crash between the end of the
 * work and the note of it, or while a handler that outlived its lease is still at it. So the effect
 * must be bound to {@link PackageJob#id}, such that a second one changes nothing.
 */
public interface PackageHandler {

  /** The type it serves: 1-64 of A-Z a-z 0-9 . _ : -. */
  String type();

  /**
   * Called on an event loop; must not block.
   *
   * @return succeeds when the work is done. Fails with {@link PermanentFailure} when it can never
   *     be done: the package is dead. Any other failure, or none within {@code packages.timeout},
   *     is tried again.
   */
  Future<Void> handle(PackageJob job);
}
