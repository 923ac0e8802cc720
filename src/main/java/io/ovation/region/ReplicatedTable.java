package io.ovation.region;

import io.ovation.live.proto.ForwardedRow;
import io.ovation.live.proto.OutboxItem;
import io.ovation.queue.Broker;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.store.SharedTable;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * This region's table, whose changes are put into the outboxes of the other regions too: bans,
 * settings and erasures, but no rows of {@link SharedTable#OWN_REGION}. A change is complete when
 * all outboxes have it; if that fails it may have taken effect here, and is repeated by whoever
 * made it. What arrives from other regions is not forwarded. Any thread.
 */
public final class ReplicatedTable implements SharedTable {
  private final SharedTable own;
  private final Broker broker;
  private final Partitions partitions;
  private final String region;
  private final List<String> others;
  private final InstantSource clock;

  /**
   * @param region this one
   * @param others the regions that get each change
   * @param clock for measuring how far the other regions are behind
   */
  public ReplicatedTable(
      SharedTable own,
      Broker broker,
      Partitions partitions,
      String region,
      List<String> others,
      InstantSource clock) {
    this.own = own;
    this.broker = broker;
    this.partitions = partitions;
    this.region = region;
    this.others = List.copyOf(others);
    this.clock = clock;
  }

  @Override
  public Future<Long> put(String key, String value, Duration ttl) {
    return own.put(key, value, ttl).compose(stamp -> forward(key, value, ttl, stamp));
  }

  @Override
  public Future<Long> remove(String key) {
    return own.remove(key).compose(stamp -> forward(key, "", REMOVAL, stamp));
  }

  private Future<Long> forward(String key, String value, Duration ttl, long stamp) {
    if (stamp == 0 || key.startsWith(OWN_REGION)) {
      return Future.succeededFuture(stamp);
    }
    ForwardedRow row =
        ForwardedRow.newBuilder()
            .setKey(key)
            .setValue(value)
            .setEndsMs(stamp / 1_000 + ttl.toMillis())
            .setTtlMs(ttl.toMillis())
            .setStamp(stamp)
            .build();
    byte[] item =
        OutboxItem.newBuilder()
            .setRegion(region)
            .setPutAtMs(clock.millis())
            .addRows(row)
            .build()
            .toByteArray();
    int partition = partitions.of(key);
    return Future.join(
            others.stream()
                .map(other -> broker.publish(QueueName.outbox(other, partition), item))
                .toList())
        .map(stamp);
  }

  @Override
  public Future<Merged> merge(String ownRegion, Foreign row) {
    return own.merge(ownRegion, row);
  }

  @Override
  public Future<Changes> changes(long since) {
    return own.changes(since);
  }
}
