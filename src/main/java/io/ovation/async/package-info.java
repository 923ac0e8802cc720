/** Futures, limits and retries for any part of the server; depends on no other part. */
@NullMarked
package io.ovation.async;

import org.jspecify.annotations.NullMarked;
