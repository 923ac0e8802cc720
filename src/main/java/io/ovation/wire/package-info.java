/**
 * What nodes send each other over the event bus: addresses, codecs and protobuf messages. What
 * viewers send and receive is in {@code deliver.protocol}.
 */
@NullMarked
package io.ovation.wire;

import org.jspecify.annotations.NullMarked;
