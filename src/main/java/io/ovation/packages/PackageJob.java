package io.ovation.packages;

import java.util.function.BooleanSupplier;

/**
 * One attempt at a package.
 *
 * @param payload JSON text
 * @param attempt 1 for the first
 * @param held whether this worker still holds the package's lease, by the store's clock. A slow
 *     handler can ask before it takes effect: after a freeze another worker may hold the package
 * @param traceparent to hand on to what the handler calls; empty if the package is not traced
 */
public record PackageJob(
    String id, String type, String payload, int attempt, BooleanSupplier held, String traceparent) {
  public PackageJob(String id, String type, String payload, int attempt, BooleanSupplier held) {
    this(id, type, payload, attempt, held, "");
  }
}
