package io.ovation.deliver;

import io.ovation.config.Config;
import io.ovation.deliver.transport.WebSocketFrames;
import java.time.Duration;

/**
 * A shard's bounds, in the units its loop counts in.
 *
 * @param region which this node's offsets belong to
 * @param buffer bytes that may wait for one viewer
 * @param pass sockets written before the loop gets its turn
 * @param batch bytes of messages one pass carries: a quarter of a viewer's buffer, so that a burst
 *     alone makes no viewer slow
 * @param pending bytes of messages that may wait for a room's next pass; past it they become a gap
 * @param ttlMinMs the shortest life of a connection
 * @param ttlMaxMs the longest; 0 for ever
 * @param oneStream whether a user may watch one stream at a time only
 */
public record DeliverySettings(
    String region,
    long heartbeatMs,
    int buffer,
    int messageLimit,
    long stuckMs,
    int pass,
    int batch,
    int pending,
    long ttlMinMs,
    long ttlMaxMs,
    boolean oneStream) {

  /** Messages, pings included, a connection may send in a second; a person sends a few. */
  static final int MESSAGES_PER_SECOND = 50;

  /** Past so many in a second it is no client of ours, and the connection ends. */
  static final int FLOOD = 10 * MESSAGES_PER_SECOND;

  /** Comments of one connection that may be unanswered. */
  static final int UNANSWERED = 16;

  /** How long the other side may take to answer a close frame before the socket is closed. */
  static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  /** How long a returning viewer waits for what it missed before it is told a gap. */
  public static final Duration REPLAY_PATIENCE = Duration.ofSeconds(10);

  /** SockJS sessions over fallbacks per event loop: they cost more than ten WebSockets each. */
  public static final int FALLBACKS = 5_000;

  static DeliverySettings of(Config.Viewer config, String region) {
    int buffer = (int) Math.min(Integer.MAX_VALUE / 2, config.buffer());
    return new DeliverySettings(
        region,
        config.heartbeat().toMillis(),
        buffer,
        config.messageLimit(),
        config.stuck().toMillis(),
        config.pass(),
        Math.max(buffer / 4, 4 * 1024),
        Math.max(8 * buffer, WebSocketFrames.SHARED),
        config.ttlMin().toMillis(),
        config.ttlMax().toMillis(),
        config.oneStream());
  }
}
