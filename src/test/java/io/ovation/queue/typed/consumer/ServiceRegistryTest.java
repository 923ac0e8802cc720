package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.HandlerRegistration;
import io.ovation.queue.typed.ScriptedBroker;
import io.ovation.shapes.ErrandsQueue;
import io.ovation.shapes.RidesQueue;
import io.ovation.shapes.WalksQueue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several services share a queue and several queues a process, but none is consumed twice. */
class ServiceRegistryTest {
  private static final QueueName OUTDOORS = new QueueName("outdoors", Lane.NORMAL, 0);
  private static final ConsumerOptions OPTIONS = new ConsumerOptions(2, 10, Duration.ofSeconds(1));

  private final Vertx vertx = Vertx.vertx();
  private final ScriptedBroker broker = new ScriptedBroker();
  private final List<String> handled = new CopyOnWriteArrayList<>();
  private final HandlerRegistration walks = WalksQueue.register((request, meta) -> note("Walk"));
  private final HandlerRegistration rides = RidesQueue.register((request, meta) -> note("Ride"));

  private Future<Void> note(String method) {
    handled.add(method);
    return Future.succeededFuture();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private QueueConsumer consumer(HandlerRegistration... registrations) {
    return new QueueConsumer(
        vertx,
        broker,
        List.of(registrations),
        List.of(),
        OPTIONS,
        InstantSource.system(),
        new Metrics());
  }

  @Test
  void servicesThatShareAQueueAreServedByOneConsumer() throws Exception {
    QueueConsumer consumer = consumer(walks, rides);
    consumer.own(Set.of(0));

    assertThat(broker.consumed())
        .containsExactlyInAnyOrder(OUTDOORS, new QueueName("outdoors", Lane.LOW, 0));
    broker.deliver(OUTDOORS, item("shapes.Walks", "Walk"));
    broker.deliver(OUTDOORS, item("shapes.Rides", "Ride"));
    long foreign = broker.deliver(OUTDOORS, item("shapes.Errands", "Run"));
    long mixed = broker.deliver(OUTDOORS, item("shapes.Walks", "Ride"));

    ConsumerFixture.until(() -> broker.acked.size() == 2 && broker.dead.size() == 2);
    assertThat(handled).containsExactlyInAnyOrder("Walk", "Ride");
    assertThat(broker.dead.get(foreign))
        .isEqualTo(
            "unknown_service: service \"shapes.Errands\" is not served here, only [shapes.Rides,"
                + " shapes.Walks]");
    assertThat(broker.dead.get(mixed)).startsWith("unknown_method");
  }

  private static byte[] item(String service, String method) {
    return QueueItem.newBuilder().setService(service).setMethod(method).build().toByteArray();
  }

  @Test
  void serviceRegisteredTwiceIsRefused() {
    assertThatThrownBy(() -> consumer(walks, rides, walks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shapes.Walks is registered twice");
  }

  @Test
  void servicesOfDifferentQueuesNeedConsumersOfTheirOwn() {
    assertThatThrownBy(() -> consumer(walks, errands()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shapes.Errands is of queue errands, not of outdoors");
  }

  @Test
  void secondConsumerOfAQueueInOneProcessIsRefusedUntilTheFirstIsStopped() throws Exception {
    QueueConsumer first = consumer(walks);

    assertThatThrownBy(() -> consumer(rides))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Queue outdoors is consumed in this process already");

    first.stop().await(5, TimeUnit.SECONDS);
    consumer(rides);
  }

  @Test
  void aProcessConsumesManyQueues() throws Exception {
    consumer(walks, rides).own(Set.of(0));
    consumer(errands()).own(Set.of(0, 1));

    assertThat(broker.consumed().stream().map(QueueName::queue)).contains("outdoors", "errands");
  }

  private static HandlerRegistration errands() {
    return new HandlerRegistration(
        ErrandsQueue.contract(),
        ErrandsQueue.RUN.to((request, meta) -> Future.succeededFuture()),
        ErrandsQueue.DASH.to((request, meta) -> Future.succeededFuture()),
        ErrandsQueue.HAUL.to((request, meta) -> Future.succeededFuture()));
  }

  @Test
  void registrationNeedsOneHandlerForEachMethod() {
    var run = ErrandsQueue.RUN.to((request, meta) -> Future.succeededFuture());

    assertThatThrownBy(() -> new HandlerRegistration(ErrandsQueue.contract(), run))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shapes.Errands has no handler for [Dash, Haul]");
    assertThatThrownBy(() -> new HandlerRegistration(ErrandsQueue.contract(), run, run))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two handlers");
    assertThatThrownBy(() -> new HandlerRegistration(WalksQueue.contract(), run))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shapes.Errands/Run is not of shapes.Walks");
  }
}
