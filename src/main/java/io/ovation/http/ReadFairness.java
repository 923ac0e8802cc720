package io.ovation.http;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;

/**
 * How much of a connection is read before the loop turns to the next. Netty's default, 16 reads of
 * up to 64 KiB, lets one client that pipelines requests put tens of thousands of them in front of
 * everybody else's.
 */
final class ReadFairness {
  private static final int LEAST = 64;
  private static final int FIRST = 2048;
  private static final int MOST = 16 * 1024;

  private ReadFairness() {}

  /** On the connection's loop. */
  static void share(HttpConnection connection) {
    Channel channel = ((HttpServerConnection) connection).channelHandlerContext().channel();
    AdaptiveRecvByteBufAllocator reads = new AdaptiveRecvByteBufAllocator(LEAST, FIRST, MOST);
    channel.config().setRecvByteBufAllocator(reads.maxMessagesPerRead(1));
  }
}
