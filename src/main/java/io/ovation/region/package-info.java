/** The region role: carries outboxes over to the other regions. */
@NullMarked
package io.ovation.region;

import org.jspecify.annotations.NullMarked;
