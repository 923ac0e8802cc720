package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.ItemPolicy;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.queue.typed.producer.ProducerInterceptor;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsProducer;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What authors of interceptors may rely on, for producers and consumers. */
class InterceptorsTest extends ConsumerFixture {
  private final List<String> seen = new CopyOnWriteArrayList<>();

  private ErrandsProducer producer(ProducerInterceptor... interceptors) {
    return new ErrandsProducer(
        broker, new Partitions(1), InstantSource.system(), new Metrics(), List.of(interceptors));
  }

  @Test
  void producersInterceptorsNestAndSeeTheOutcome() {
    ProducerInterceptor outer = (item, next) -> note("outer", next.enqueue(item));
    ProducerInterceptor inner =
        (item, next) -> note("inner", next.enqueue(item.withHeader("by", "inner")));
    broker.answers.add(Future.failedFuture(new BrokerUnavailable("unavailable")));

    ErrandsProducer producer = producer(outer, inner);
    producer.enqueueRun(Errand.getDefaultInstance());
    producer.enqueueRun(Errand.newBuilder().setId("i2").build());

    assertThat(seen).containsExactly("inner failed", "outer failed", "inner i2", "outer i2");
    assertThat(broker.published.get(1).envelope().getHeadersOrThrow("by")).isEqualTo("inner");
  }

  private Future<String> note(String who, Future<String> outcome) {
    return outcome.onComplete(
        done -> seen.add(who + " " + (done.succeeded() ? done.result() : "failed")));
  }

  @Test
  void interceptorThatThrowsOrSetsAnInvalidHeaderFailsTheCallAndPublishesNothing() {
    Future<String> thrown =
        producer(
                (item, next) -> {
                  throw new IllegalStateException("no");
                })
            .enqueueRun(Errand.getDefaultInstance());
    Future<String> invalid =
        producer((item, next) -> next.enqueue(item.withHeader("n".repeat(200), "v")))
            .enqueueRun(Errand.getDefaultInstance());

    assertThat(thrown.cause()).isInstanceOf(IllegalStateException.class);
    assertThat(invalid.cause()).isInstanceOf(IllegalArgumentException.class);
    assertThat(broker.published).isEmpty();
  }

  @Override
  @SuppressWarnings("NullAway") // what a careless author may return
  List<ConsumerInterceptor> interceptors() {
    return List.of(
        (item, next) -> {
          seen.add("before " + item.meta().id());
          return next.handle(item.withHeader("by", "outer"))
              .onComplete(done -> seen.add("after " + done.succeeded()));
        },
        (item, next) ->
            switch (item.meta().id()) {
              case "refused" ->
                  Future.failedFuture(new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, "refused"));
              case "broken" -> throw new StackOverflowError("deep");
              case "lost" -> null;
              default -> next.handle(item);
            });
  }

  @Test
  void consumersInterceptorsWrapTheHandler() throws Exception {
    deliver(haul("e1").build());
    Call call = call();

    assertThat(call.meta().headers()).containsEntry("by", "outer");
    assertThat(seen).containsExactly("before e1");
    call.answer().complete();
    until(() -> broker.acked.size() == 1);
    assertThat(seen).containsExactly("before e1", "after true");
  }

  @Test
  void interceptorMayFailTheAttemptAndCannotStopTheConsumer() throws Exception {
    ItemPolicy once = ItemPolicy.newBuilder().setMaxAttempts(1).build();
    long refused = deliver(haul("refused").build());
    long broken = deliver(haul("broken").setPolicy(once).build());
    long lost = deliver(haul("lost").setPolicy(once).build());
    deliver(haul("e1").build());

    assertThat(call().errand().getId()).isEqualTo("e1");
    until(() -> broker.dead.size() == 3);
    assertThat(broker.dead.get(refused)).isEqualTo("bad_payload: refused");
    assertThat(broker.dead.get(broken)).contains("StackOverflowError");
    assertThat(broker.dead.get(lost)).contains("returned null");
    assertThat(new ArrayList<>(calls)).isEmpty();
  }
}
