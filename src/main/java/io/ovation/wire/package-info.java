/** The event bus between nodes: addresses, codecs and protobuf messages. */
@NullMarked
package io.ovation.wire;

import org.jspecify.annotations.NullMarked;
