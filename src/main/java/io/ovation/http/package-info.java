/** A node's HTTP servers, one per event loop, and the routes that belong to no role. */
@NullMarked
package io.ovation.http;

import org.jspecify.annotations.NullMarked;
