/** Stream states of a partition: viewer counts and live status. */
@NullMarked
package io.ovation.dispatch.state;

import org.jspecify.annotations.NullMarked;
