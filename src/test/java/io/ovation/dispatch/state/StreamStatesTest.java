package io.ovation.dispatch.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.live.proto.StreamPresence;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stream's state over several regions, as its owner in one of them has it. */
class StreamStatesTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final StreamStates states = states();

  private StreamStates states() {
    f.regions = List.of("a", "b");
    return new StreamStates(f.context(0), 0, routes, new PartitionFailureHandler(cause -> {}));
  }

  @BeforeEach
  void open() {
    routes.add("s", "node");
    states.open(7);
    f.time.pass(6_000);
  }

  private void elsewhere(String region, long viewers, StreamPresence.Live live) {
    states.elsewhere(
        region,
        StreamPresence.newBuilder()
            .setStream("s")
            .setViewers(viewers)
            .setLive(live)
            .setLiveMs(9_000)
            .build());
    states.broadcastViewerCounts();
  }

  private void here(int viewers) {
    states.count(Counts.newBuilder().setNode("node").putViewers("s", viewers).build());
    states.broadcastViewerCounts();
  }

  private List<String> known() {
    return states.watched(List.of("s")).stream()
        .filter(state -> state.getKind() != StateUpdate.Kind.REACTIONS)
        .map(state -> state.getJson().toStringUtf8().replaceAll(".*\"s\",", ""))
        .toList();
  }

  @Test
  void viewersSeeTheSumAndThatOneRegionIsLiveUntilThatOneIsGone() {
    here(2);
    elsewhere("a", 3, StreamPresence.Live.LIVE);
    elsewhere("b", 4, StreamPresence.Live.UNHEARD);
    assertThat(known()).containsExactly("\"count\":9}", "\"live\":true}");
    f.time.pass(9_000);
    states.tickStatuses();
    assertThat(known()).containsExactly("\"count\":9}", "\"live\":false}");
    f.time.pass(21_000);
    states.tickStatuses();
    states.broadcastViewerCounts();
    assertThat(known().get(0)).isEqualTo("\"count\":2}");
  }

  @Test
  void otherRegionsGetThisOnesOwnAlone() {
    here(2);
    elsewhere("a", 3, StreamPresence.Live.LIVE);
    var report = states.presence(PresenceQuery.getDefaultInstance());
    assertThat(report.getStreamsList()).hasSize(1);
    assertThat(report.getStreams(0).getViewers()).isEqualTo(2);
    assertThat(report.getStreams(0).getLive()).isEqualTo(StreamPresence.Live.UNHEARD);
  }

  @Test
  void theStatusHasTheSumAndEachRegion() {
    here(2);
    elsewhere("a", 3, StreamPresence.Live.LIVE);
    elsewhere("b", 4, StreamPresence.Live.DARK);
    Future<StreamStatus> asked = states.query("s");
    f.store
        .take("reactions")
        .answer(Map.of("s", Map.of("like", 1L, "a/like", 10L, "a/wow", 5L, "gone/like", 100L)));
    StreamStatus status = asked.result();
    assertThat(status.getViewers()).isEqualTo(9);
    assertThat(status.getLive()).isEqualTo(StreamStatus.Live.LIVE);
    assertThat(status.getReactionsMap()).isEqualTo(Map.of("like", 111L, "wow", 5L));
    assertThat(status.getRegionsMap()).containsOnlyKeys("here", "a", "b", "gone");
    assertThat(status.getRegionsOrThrow("here").getViewers()).isEqualTo(2);
    assertThat(status.getRegionsOrThrow("a").getReactionsMap())
        .isEqualTo(Map.of("like", 10L, "wow", 5L));
    assertThat(status.getRegionsOrThrow("b").getLive()).isEqualTo(StreamStatus.Live.DARK);
    assertThat(status.getRegionsOrThrow("gone").getReactionsMap()).isEqualTo(Map.of("like", 100L));
  }
}
