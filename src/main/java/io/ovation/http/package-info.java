/** The HTTP front of a node: one server per event loop, problems, and strict JSON reading. */
@NullMarked
package io.ovation.http;

import org.jspecify.annotations.NullMarked;
