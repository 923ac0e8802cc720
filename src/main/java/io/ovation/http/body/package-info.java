/** Reads and validates request bodies. */
@NullMarked
package io.ovation.http.body;

import org.jspecify.annotations.NullMarked;
