/**
 * Viewers' connections: a {@link io.ovation.deliver.DeliveryVerticle} per event loop, each with the
 * shard of viewers that are connected on it.
 */
@NullMarked
package io.ovation.deliver;

import org.jspecify.annotations.NullMarked;
