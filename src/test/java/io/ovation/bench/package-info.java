/** Measurements that a person starts: {@code bin/bench-queue}. No test times anything. */
@NullMarked
package io.ovation.bench;

import org.jspecify.annotations.NullMarked;
