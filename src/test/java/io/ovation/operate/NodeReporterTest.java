package io.ovation.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.problem.RefusalMetrics;
import io.ovation.http.problem.RefusalMetrics.Door;
import io.ovation.metrics.BuildInfo;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.FutureResult;
import io.ovation.wire.Addresses;
import io.ovation.wire.Codecs;
import io.ovation.wire.proto.NodeQuery;
import io.ovation.wire.proto.NodeReport;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeReporterTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  @Test
  void whatIsRefusedIsTheSumOverDoorsAndCodes() {
    Metrics metrics = new Metrics();
    RefusalMetrics refusals = new RefusalMetrics(metrics);
    Codecs.register(vertx.eventBus());
    NodeReporter reporter =
        new NodeReporter(
            vertx, "n1", metrics, BuildInfo.load(), () -> 8080, () -> false, () -> false);
    FutureResult.of(reporter.listen());
    refusals.refused(Door.HTTP, "invalid");
    refusals.refused(Door.SSE, "rate");
    refusals.refused(Door.WEBSOCKET, "rate");
    refusals.refused(Door.SOCKJS, "busy");
    Object report =
        FutureResult.of(
                vertx.eventBus().request(Addresses.node("n1"), NodeQuery.getDefaultInstance()))
            .body();
    assertThat(((NodeReport) report).getValuesMap()).containsEntry("refused", 4.0);
  }
}
