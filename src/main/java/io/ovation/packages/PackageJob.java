package io.ovation.packages;

import java.util.function.BooleanSupplier;

/**
 * One attempt at a package.
 *
 * @param payload JSON text
 * @param attempt 1 for the first
 * @param held whether this worker still holds the package, by its own clock. A handler that took
 *     long can ask before it takes effect: after a freeze the package may be another's
 */
public record PackageJob(
    String id, String type, String payload, int attempt, BooleanSupplier held) {}
