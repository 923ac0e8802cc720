package io.ovation.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.cluster.Role;
import io.ovation.http.HttpServers;
import io.ovation.metrics.Metrics;
import io.ovation.stage.SubmissionService;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.ovation.wire.Addresses;
import io.ovation.wire.Codecs;
import io.ovation.wire.proto.Drain;
import io.ovation.wire.proto.NodeReport;
import io.vertx.core.Vertx;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Other nodes are scripted: each drains when it is asked to. */
class AdminRoutesTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakeCluster cluster = new FakeCluster("here");
  private final Set<String> draining = new ConcurrentSkipListSet<>();
  private final int port = Ports.free();

  @BeforeEach
  void start() {
    Codecs.register(vertx.eventBus());
    HttpServers servers =
        new HttpServers(vertx, HttpSettings.of(port, 1_000).build(), 1_000, new Metrics());
    SubmissionService none =
        (SubmissionService)
            Proxy.newProxyInstance(
                SubmissionService.class.getClassLoader(),
                new Class<?>[] {SubmissionService.class},
                (proxy, method, arguments) -> null);
    FutureResult.of(servers.mount(new AdminRoutes(vertx, cluster, none, List.of())));
    FutureResult.of(servers.listen());
  }

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  private void join(String node, Role role) {
    cluster.join(node, role);
    vertx
        .eventBus()
        .consumer(
            Addresses.node(node),
            message -> {
              if (message.body() instanceof Drain) {
                draining.add(node);
                message.reply(io.ovation.wire.proto.Answer.newBuilder().setAccepted(true).build());
              } else {
                message.reply(NodeReport.newBuilder().setDraining(draining.contains(node)).build());
              }
            });
  }

  private int drain(String node) {
    return RawHttp.post(port, "/admin/nodes/" + node + "/drain", "").status();
  }

  @Test
  void theLastNodeThatServesViewersIsNotDrained() {
    join("a", Role.SUPERVISE);
    join("b", Role.SUPERVISE);
    join("c", Role.SUPERVISE);
    join("d", Role.DISPATCH);
    assertThat(drain("a")).isEqualTo(200);
    assertThat(drain("b")).isEqualTo(200);
    Answer refused = RawHttp.post(port, "/admin/nodes/c/drain", "");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().getString("detail")).contains("no other node serves viewers");
    assertThat(draining).containsExactly("a", "b");
    assertThat(drain("d")).isEqualTo(200);
    join("e", Role.SUPERVISE);
    assertThat(drain("c")).isEqualTo(200);
    assertThat(drain("nobody")).isEqualTo(404);
  }

  /** Whether it serves viewers is not known, so it is not counted on. */
  @Test
  void aNodeThatDoesNotAnswerTakesNobodysViewers() {
    join("a", Role.SUPERVISE);
    cluster.join("frozen", Role.SUPERVISE);
    assertThat(drain("a")).isEqualTo(409);
  }
}
