/** Processes packages: claims a lease, runs the handler, retries or finishes. */
@NullMarked
package io.ovation.packages.worker;

import org.jspecify.annotations.NullMarked;
