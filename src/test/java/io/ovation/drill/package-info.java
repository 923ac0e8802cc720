/**
 * Faults made on purpose, and the alert that a real Prometheus raises for each: bin/alerts-drill.
 */
@NullMarked
package io.ovation.drill;

import org.jspecify.annotations.NullMarked;
