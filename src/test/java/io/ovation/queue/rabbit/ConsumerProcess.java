package io.ovation.queue.rabbit;

import io.ovation.metrics.Metrics;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Set;

/** Another node: holds ten items unacked, says so, and says when they were taken from it. */
final class ConsumerProcess {
  private ConsumerProcess() {}

  public static void main(String[] args) {
    Vertx vertx = Vertx.vertx();
    RabbitBroker other =
        FutureResult.of(
            RabbitBroker.connect(
                vertx,
                RabbitBrokerIT.config(args[0], Duration.ofSeconds(60)),
                new Metrics(),
                why -> {}));
    FutureResult.of(other.declare(args[1], Set.of(Lane.NORMAL), 2));
    CollectingHandler held = new CollectingHandler(false);
    held.on(other, new QueueName(args[1], Lane.NORMAL, 0), 10);
    held.await(10);
    System.out.println("holds " + held.count());
    Await.until("reset", Duration.ofSeconds(120), () -> held.resets() > 0);
    System.out.println("reset");
  }
}
