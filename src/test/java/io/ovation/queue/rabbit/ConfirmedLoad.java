package io.ovation.queue.rabbit;

import io.ovation.queue.Broker;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.QueueName;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Publishes one after the other, some hundred at a time, and keeps what was confirmed. */
final class ConfirmedLoad {
  final Set<String> confirmed = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Broker broker;
  private final QueueName name;
  private final Thread thread;

  ConfirmedLoad(Broker broker, QueueName name) {
    this.broker = broker;
    this.name = name;
    thread = new Thread(this::run, "load");
    thread.start();
  }

  private void run() {
    for (int i = 0; !stopped.get(); i++) {
      String text = "item " + i;
      Future<Void> sent = broker.publish(name, text.getBytes(StandardCharsets.UTF_8));
      sent.onSuccess(v -> confirmed.add(text));
      LockSupport.parkNanos(300_000); // About 2,000/s on an idle machine.
    }
  }

  void stop() {
    stopped.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    // Behind all others in the line, so that their outcomes are known.
    Await.until(
        "last confirm",
        Duration.ofSeconds(30),
        () ->
            FutureResult.of(
                broker
                    .publish(name, "item 999999".getBytes(StandardCharsets.UTF_8))
                    .map(true)
                    .otherwise(false)));
  }

  List<String> missing(CollectingHandler consumer) {
    Set<String> got = Set.copyOf(consumer.texts());
    return confirmed.stream().filter(text -> !got.contains(text)).limit(10).toList();
  }
}
