/**
 * Cluster membership, the assignment of partitions to nodes, and the distributed stream
 * registrations.
 */
@NullMarked
package io.ovation.cluster;

import org.jspecify.annotations.NullMarked;
