/** What nodes send each other over the event bus: addresses, codecs and protobuf messages. */
@NullMarked
package io.ovation.wire;

import org.jspecify.annotations.NullMarked;
