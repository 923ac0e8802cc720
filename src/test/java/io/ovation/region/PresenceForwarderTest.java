package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.StreamPresence;
import io.ovation.metrics.Metrics;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.PresenceReport;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How often the owner is asked for viewer counts, and which region then gets what. */
class PresenceForwarderTest {
  private final List<PresenceQuery> asked = new ArrayList<>();
  private final List<Sent> sent = new ArrayList<>();
  private final Set<String> away = new HashSet<>();
  private long now;
  private long version = 1;
  private boolean more;
  private boolean owned = true;
  private final PresenceForwarder forwarder =
      new PresenceForwarder("a", List.of(link("b"), link("c")), 3, this::owner, () -> now);

  private record Sent(String region, Promise<Void> confirm) {}

  private RegionLink link(String region) {
    return new RegionLink(
        region,
        () -> Future.succeededFuture(1),
        (queue, item, ttl) -> publish(region),
        () -> !away.contains(region),
        Future::succeededFuture,
        new Metrics());
  }

  private Future<Void> publish(String region) {
    Promise<Void> confirm = Promise.promise();
    sent.add(new Sent(region, confirm));
    return confirm.future();
  }

  private Future<PresenceReport> owner(PresenceQuery query) {
    if (!owned) {
      return Future.failedFuture("no owner");
    }
    asked.add(query);
    PresenceReport.Builder report =
        PresenceReport.newBuilder().setEpoch(7).setVersion(version).setMore(more);
    if (query.getVersion() < version) {
      report.addStreams(StreamPresence.newBuilder().setStream("s").setViewers(5));
    }
    more = false;
    return Future.succeededFuture(report.build());
  }

  private void poll() {
    now += 1_000;
    forwarder.poll();
  }

  private List<String> regions() {
    return sent.stream().map(Sent::region).toList();
  }

  private void confirmAll() {
    List.copyOf(sent).forEach(one -> one.confirm().tryComplete());
  }

  @Test
  void theOwnerIsAskedOnceForAllRegionsAndThenForWhatChanged() {
    poll();
    assertThat(asked).hasSize(1);
    assertThat(asked.get(0).getPartition()).isEqualTo(3);
    assertThat(regions()).containsExactly("b", "c");
    confirmAll();
    poll();
    assertThat(asked).hasSize(2);
    assertThat(asked.get(1).getEpoch()).isEqualTo(7);
    assertThat(asked.get(1).getVersion()).isEqualTo(1);
    assertThat(sent).as("nothing changed").hasSize(2);
    version = 2;
    poll();
    assertThat(regions()).containsExactly("b", "c", "b", "c");
  }

  @Test
  void everythingIsRepeatedAfterFiveSeconds() {
    poll();
    confirmAll();
    for (int i = 0; i < 4; i++) {
      poll();
    }
    assertThat(sent).hasSize(2);
    poll();
    assertThat(asked.get(5).getVersion()).isZero();
    assertThat(regions()).containsExactly("b", "c", "b", "c");
  }

  @Test
  void aRegionThatDoesNotConfirmDelaysNoOtherAndGetsLaterWhatItLacks() {
    poll();
    sent.get(0).confirm().complete();
    version = 2;
    poll();
    assertThat(regions()).as("c has not confirmed").containsExactly("b", "c", "b");
    sent.get(1).confirm().fail("nack");
    sent.get(2).confirm().complete();
    poll();
    assertThat(asked.get(2).getVersion()).isEqualTo(2);
    assertThat(asked.get(3).getVersion()).isZero();
    assertThat(regions()).containsExactly("b", "c", "b", "c");
    confirmAll();
    poll();
    assertThat(asked).as("both have the same again").hasSize(5);
  }

  @Test
  void aRegionThatIsAwayIsLeftOutAndGetsEverythingSinceThenWhenItIsBack() {
    poll();
    confirmAll();
    away.add("c");
    version = 2;
    poll();
    confirmAll();
    away.clear();
    poll();
    assertThat(regions()).containsExactly("b", "c", "b", "c");
  }

  @Test
  void aFurtherPageFollowsAtOnce() {
    more = true;
    poll();
    version = 2;
    sent.get(0).confirm().complete();
    assertThat(regions()).containsExactly("b", "c", "b");
  }

  @Test
  void aPartitionWithoutAnOwnerIsAskedForAgain() {
    owned = false;
    poll();
    assertThat(asked).isEmpty();
    owned = true;
    poll();
    assertThat(regions()).containsExactly("b", "c");
  }
}
