/** Breaks a cluster at random, from a seed, and checks every promise to its clients meanwhile. */
@NullMarked
package io.ovation.chaos;

import org.jspecify.annotations.NullMarked;
