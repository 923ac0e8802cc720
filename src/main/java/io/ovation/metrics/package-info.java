/** Every counter, gauge and timer of a node, and their Prometheus text. */
@NullMarked
package io.ovation.metrics;

import org.jspecify.annotations.NullMarked;
