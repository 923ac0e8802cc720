/**
 * Packages: jobs with an id, a type and a priority, tracked from {@code pending} to {@code done} or
 * {@code dead}.
 */
@NullMarked
package io.ovation.packages;

import org.jspecify.annotations.NullMarked;
