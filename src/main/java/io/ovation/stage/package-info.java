/** The interfaces by which stages on one node call each other. */
@NullMarked
package io.ovation.stage;

import org.jspecify.annotations.NullMarked;
