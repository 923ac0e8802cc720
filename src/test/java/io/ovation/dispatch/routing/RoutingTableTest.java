package io.ovation.dispatch.routing;

import static io.ovation.dispatch.comments.TestBatches.comment;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.dispatch.comments.TestBatches;
import io.ovation.wire.RoutingChecksum;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Routes, and the windows of the nodes that they lead to. */
class RoutingTableTest {
  private final RoutingTable routes = new RoutingTable();

  private void assertStreamsOf(String node, String... streams) {
    assertThat(routes.node(node).checksum().agrees(RoutingChecksum.of(List.of(streams)).of(0)))
        .isTrue();
  }

  @Test
  void checksumsFollowTheRoutes() {
    routes.add("s", "a");
    routes.add("s", "a");
    routes.add("t", "a");
    assertStreamsOf("a", "s", "t");
    routes.remove("s", "a");
    routes.remove("s", "a");
    routes.remove("never routed", "a");
    assertStreamsOf("a", "t");
    routes.replace("a", List.of("u", "v"));
    assertStreamsOf("a", "u", "v");
  }

  @Test
  void aStreamIsRoutedWhileAnyNodeHasIt() {
    routes.add("s", "a");
    routes.add("s", "b");
    routes.remove("s", "a");
    assertThat(routes.routed("s")).isTrue();
    routes.remove("s", "b");
    assertThat(routes.routed("s")).isFalse();
    assertThat(routes.streams()).isEmpty();
  }

  @Test
  void aDroppedNodeLeavesNoRouteAndNoBatchWaitsForIt() {
    routes.add("s", "a");
    routes.add("s", "b");
    CommentBatch batch = TestBatches.of(comment("s", "c", 1));
    batch.markSent();
    routes.node("a").sending(batch);
    assertThat(TestBatches.answered(batch)).isFalse();
    routes.drop("a");
    assertThat(TestBatches.answered(batch)).isTrue();
    assertThat(routes.nodesOf("s")).extracting(NodeProgress::id).containsExactly("b");
    assertThat(routes.nodes()).extracting(NodeProgress::id).containsExactly("b");
  }

  @Test
  void numbersCountUpAcrossASuspension() {
    NodeProgress node = routes.node("a");
    CommentBatch batch = TestBatches.of(comment("s", "c", 1));
    assertThat(node.sending(batch)).isEqualTo(1);
    node.suspend(0);
    assertThat(node.unanswered()).isZero();
    node.resume();
    assertThat(node.suspended()).isFalse();
    assertThat(node.sending(batch)).isEqualTo(2);
  }
}
