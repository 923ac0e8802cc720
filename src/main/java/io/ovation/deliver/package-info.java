/**
 * Viewers' connections: a {@link io.ovation.deliver.DeliveryVerticle} per event loop, each with the
 * shard of viewers that are connected on it. It has no role of its own: it is deployed with the
 * supervise role.
 */
@NullMarked
package io.ovation.deliver;

import org.jspecify.annotations.NullMarked;
