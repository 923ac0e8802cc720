package io.ovation.deliver;

import io.ovation.config.Config;
import io.ovation.deliver.transport.WebSocketFrames;
import java.time.Duration;

/**
 * A shard's bounds, in the units that its loop counts in.
 *
 * @param region to which this node's offsets belong
 * @param buffer bytes that may wait for one viewer
 * @param viewersPerTurn viewers that are written to before the loop reads its sockets
 * @param batchBytes bytes of messages in one batch: a quarter of a viewer's buffer, so that a burst
 *     alone makes no viewer slow
 * @param pendingBytes bytes of messages that may wait for a room's next batch; more become a gap
 * @param ttlMinMs the shortest life of a connection
 * @param ttlMaxMs the longest; 0 for ever
 * @param oneStream whether a user may watch only one stream at a time
 */
public record DeliverySettings(
    String region,
    long heartbeatMs,
    int buffer,
    int messageLimit,
    long stuckMs,
    int viewersPerTurn,
    int batchBytes,
    int pendingBytes,
    long ttlMinMs,
    long ttlMaxMs,
    int messagesPerSecond,
    int framesPerSecond,
    int watchesPerSecond,
    boolean oneStream) {

  static final int UNANSWERED = 16;

  /** How long the other side may take to answer a close frame before the socket is closed. */
  public static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  /** How long a returning viewer waits for its replay before it gets a gap instead. */
  public static final Duration REPLAY_PATIENCE = Duration.ofSeconds(10);

  /** SockJS sessions without WebSocket per event loop: each costs more than ten WebSockets. */
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
        config.messagesPerSecond(),
        config.framesPerSecond(),
        config.watchesPerSecond(),
        config.oneStream());
  }

  /** Messages in a second after which a connection is closed. */
  int flood() {
    return 10 * messagesPerSecond;
  }
}
