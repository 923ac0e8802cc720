/** The transports: WebSocket, SockJS and server-sent events. */
@NullMarked
package io.ovation.deliver.transport;

import org.jspecify.annotations.NullMarked;
