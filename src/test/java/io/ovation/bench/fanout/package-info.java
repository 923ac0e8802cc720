/**
 * The product beside others, fanning out: {@code bin/bench}. The servers run in processes of their
 * own on one core, this one is the load generator on the other.
 */
@NullMarked
package io.ovation.bench.fanout;

import org.jspecify.annotations.NullMarked;
