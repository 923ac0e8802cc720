/**
 * Distributed traces by OpenTelemetry: the only package that uses its classes. Off by default; then
 * nothing of it is loaded, and every call returns at once.
 */
@NullMarked
package io.ovation.trace;

import org.jspecify.annotations.NullMarked;
