package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.HttpEventLoop;
import io.ovation.metrics.Metrics;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class DeliveryVerticleTest {
  private static final int LOOPS = 3;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
  private final FakeSubscriptions supervisor = new FakeSubscriptions();
  private final DeliveryService service =
      new DeliveryService(
          supervisor, new FakeSubmissions(), DeliveryFixture.DEFAULT, "test", new Metrics());

  /** An event loop of the HTTP server to which routes can be added. */
  private record Http(Vertx vertx, Context context, Router router) implements HttpEventLoop {
    @Override
    public void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler) {}
  }

  @AfterEach
  void close(VertxTestContext test) {
    supervisor.close();
    vertx.close().onComplete(test.succeedingThenComplete());
  }

  /** Vert.x assigns loops in turn to everybody who asks; somebody else asks all the time here. */
  @Test
  void everyEventLoopGetsAVerticleWhateverElseTakesLoops(VertxTestContext test) {
    Thread other =
        new Thread(
            () -> {
              while (!Thread.interrupted()) {
                Contexts.newEventLoop(vertx);
              }
            });
    other.start();
    service
        .deploy(vertx)
        .onComplete(v -> other.interrupt())
        .onComplete(
            test.succeeding(
                v -> {
                  for (int i = 0; i < 4 * LOOPS; i++) {
                    Context context = Contexts.newEventLoop(vertx);
                    service.mount(new Http(vertx, context, Router.router(vertx)));
                  }
                  test.completeNow();
                }));
  }

  @Test
  void undeployingLeavesNoVerticle(VertxTestContext test) {
    service
        .deploy(vertx)
        .onSuccess(v -> test.verify(() -> assertThat(vertx.deploymentIDs()).hasSize(1)))
        .compose(v -> service.undeploy(vertx))
        .onComplete(
            test.succeeding(
                v ->
                    test.verify(
                        () -> {
                          assertThat(vertx.deploymentIDs()).isEmpty();
                          test.completeNow();
                        })));
  }
}
