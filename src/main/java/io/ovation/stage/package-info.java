/**
 * The interfaces by which the stages of one node call each other without importing one another:
 * delivery calls the supervisor and ingress, the supervisor calls delivery.
 */
@NullMarked
package io.ovation.stage;

import org.jspecify.annotations.NullMarked;
