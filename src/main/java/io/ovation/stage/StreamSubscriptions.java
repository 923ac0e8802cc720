package io.ovation.stage;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The supervisor, as the node's shards call it. Methods may be called from any thread and return at
 * once; answers arrive at the {@link ViewerShard}.
 */
public interface StreamSubscriptions {

  /**
   * Called when a shard gets its first viewer of a stream. Answered by {@link
   * ViewerShard#subscribed} or {@link ViewerShard#subscribeFailed}. After {@code subscribed} the
   * shard is sent the stream's events until {@link #unsubscribe}.
   */
  void subscribe(String stream, ViewerShard shard);

  /**
   * Whether {@link #subscribe} will have to wait because no node of the cluster dispatches. It is
   * answered once one does.
   */
  boolean mustWait(String stream);

  /** Called when a shard loses its last viewer of a stream. */
  void unsubscribe(String stream, ViewerShard shard);

  /**
   * Reports how many viewers a shard has.
   *
   * @param viewers by stream; only streams whose count changed
   */
  void reportViewers(ViewerShard shard, Map<String, Integer> viewers);

  /** The number of a stream's viewers in the whole cluster, as last reported. */
  long viewers(String stream);

  /**
   * Requests the events above {@code since} for one viewer. Answered by {@link
   * ViewerShard#deliverReplay}. Only for a stream that the shard is subscribed to.
   */
  void requestReplay(String stream, long since, ViewerShard shard, Object viewer);

  /**
   * Requests the newest {@code count} comments up to the offset {@code at}, for a viewer that joins
   * there. Answered by {@link ViewerShard#deliverReplay}, whose {@code to} is {@code at}.
   */
  void requestRecent(String stream, long at, int count, ViewerShard shard, Object viewer);

  /**
   * Reports watches that began or ended, in order. If a user's watch is not the newest one, and the
   * newest one is of another stream, it is ended by {@link ViewerShard#endWatches}.
   */
  void reportWatches(ViewerShard shard, List<WatchChange> changes);

  /**
   * The beginning or the end of a connection's watch.
   *
   * @param watch a number that no other watch of this node has or will have
   * @param stream null if the watch has ended
   * @param began {@link System#nanoTime} at its beginning
   */
  record WatchChange(long watch, String user, @Nullable String stream, long began) {}
}
