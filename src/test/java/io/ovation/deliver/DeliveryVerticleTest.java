package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.AccessControl;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.body.JsonBodies;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.hooks.WatchHook;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class DeliveryVerticleTest {
  private static final int LOOPS = 3;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
  private final FakeSubscriptions supervisor = new FakeSubscriptions();

  private DeliveryService service() {
    return new DeliveryService(
        supervisor,
        new FakeSubmissions(),
        AccessControl.onTrust(),
        WatchHook.NONE,
        DeliveryFixture.DEFAULT,
        "test",
        new Metrics());
  }

  /** An event loop of the HTTP server to which routes can be added. */
  private record Http(Vertx vertx, Context context, Router router) implements HttpEventLoop {
    @Override
    public JsonBodies bodies() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler) {}
  }

  @AfterEach
  void close(VertxTestContext test) {
    supervisor.close();
    vertx.close().onComplete(test.succeedingThenComplete());
  }

  /**
   * Vert.x assigns loops in turn to everybody who asks, and somebody else asks all the time here.
   */
  @Test
  void everyEventLoopGetsAVerticleWhateverElseTakesLoops(VertxTestContext test) throws Exception {
    CountDownLatch asking = new CountDownLatch(1);
    Thread other =
        new Thread(
            () -> {
              while (!Thread.interrupted()) {
                Contexts.newEventLoop(vertx);
                asking.countDown();
              }
            });
    other.start();
    asking.await();
    Future<Void> deployed = Future.succeededFuture();
    for (int i = 0; i < 30; i++) {
      DeliveryService fresh = service();
      deployed = deployed.compose(v -> fresh.deploy(vertx)).compose(v -> mountEverywhere(fresh));
    }
    deployed
        .onComplete(v -> other.interrupt())
        .onComplete(test.succeeding(v -> test.completeNow()));
  }

  /** Fails if a loop has no verticle. */
  private Future<Void> mountEverywhere(DeliveryService on) {
    try {
      for (int i = 0; i < 10 * LOOPS; i++) {
        on.mount(new Http(vertx, Contexts.newEventLoop(vertx), Router.router(vertx)));
      }
      return Future.succeededFuture();
    } catch (IllegalStateException e) {
      return Future.failedFuture(e);
    }
  }

  @Test
  void undeployingLeavesNoVerticle(VertxTestContext test) {
    DeliveryService service = service();
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
