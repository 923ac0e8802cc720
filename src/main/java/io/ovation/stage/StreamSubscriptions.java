package io.ovation.stage;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The supervisor, as a shard sees it. Any thread; returns at once; answers come on the shard. */
public interface StreamSubscriptions {

  /**
   * The shard's first viewer of a stream arrived. Answered by {@link ViewerShard#opened} or {@link
   * Shard#refused}; deliveries follow until {@link #close}.
   */
  void open(String stream, ViewerShard shard);

  /** The shard's last viewer of the stream left. */
  void close(String stream, ViewerShard shard);

  /** How many viewers the shard has of each of these streams; only those that changed. */
  void count(ViewerShard shard, Map<String, Integer> viewers);

  /** What a viewer that saw everything up to {@code since} missed. Only for an opened stream. */
  void replay(String stream, long since, ViewerShard shard, Object viewer);

  /**
   * Who began to watch, and who ended, in order. A user whose watch is not the latest, if that is
   * of another stream, comes back by {@link ViewerShard#elsewhere}.
   */
  void watching(ViewerShard shard, List<Watching> changes);

  /**
   * A connection's watch.
   *
   * @param connection one number per watch on this node, never used again
   * @param stream null when it ended
   * @param began {@link System#nanoTime} when it did
   */
  record Watching(long connection, String user, @Nullable String stream, long began) {}

  /** The stream's viewers in the whole cluster, as last heard. */
  long viewers(String stream);
}
