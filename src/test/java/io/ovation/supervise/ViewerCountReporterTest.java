package io.ovation.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.StateUpdate;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ViewerCountReporterTest {
  private final SupervisorFixture node = new SupervisorFixture();

  private void viewers(String stream, int count) {
    node.requests.reportViewers(node.shard, Map.of(stream, count));
  }

  private VirtualReport report() {
    node.counts.report();
    var sent = node.virtual.next(Counts.class);
    return new VirtualReport(
        ((Counts) sent.body()).getViewersMap(),
        () -> sent.reply(Answer.getDefaultInstance()),
        sent::fail);
  }

  private record VirtualReport(Map<String, Integer> viewers, Runnable answer, Runnable fail) {}

  @Test
  void onlyChangedCountsAreReported() {
    node.open("a", 1);
    node.open("b", 1);
    viewers("a", 3);
    viewers("b", 4);
    VirtualReport first = report();
    assertThat(first.viewers()).isEqualTo(Map.of("a", 3, "b", 4));
    first.answer().run();
    viewers("b", 5);
    assertThat(report().viewers()).isEqualTo(Map.of("b", 5));
    node.counts.report();
    assertThat(node.virtual.sent()).isEmpty();
  }

  @Test
  void aFailedReportIsPartOfTheNext() {
    node.open("a", 1);
    viewers("a", 3);
    report().fail().run();
    viewers("a", 4);
    assertThat(report().viewers()).isEqualTo(Map.of("a", 4));
  }

  @Test
  void aFailedReportOfAStreamThatEndedMeanwhileIsDropped() {
    node.open("a", 1);
    viewers("a", 3);
    VirtualReport report = report();
    node.requests.unsubscribe("a", node.shard);
    node.virtual.advance(1_000);
    node.table.sweep();
    report.fail().run();
    node.counts.report();
    assertThat(node.virtual.sent()).noneMatch(Counts.class::isInstance);
  }

  @Test
  void aNewOwnerReceivesAllCounts() {
    node.open("a", 1);
    viewers("a", 3);
    report().answer().run();
    node.table.membersChanged();
    assertThat(report().viewers()).isEqualTo(Map.of("a", 3));
  }

  @Test
  void theTotalFollowsThisNodesViewersUntilTheOwnerSendsIt() {
    node.open("a", 1);
    viewers("a", 3);
    assertThat(node.requests.viewers("a")).isEqualTo(3);
    node.table.state(
        StateUpdate.newBuilder()
            .setStream("a")
            .setKind(StateUpdate.Kind.VIEWERS)
            .setNumber(100)
            .build());
    viewers("a", 5);
    assertThat(node.requests.viewers("a")).isEqualTo(102);
    assertThat(node.requests.viewers("unknown")).isZero();
  }
}
