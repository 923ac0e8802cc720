package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.queue.typed.TraceContext;
import io.ovation.queue.typed.Tracing;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsProducer;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;

/** W3C trace context travels from the caller to the handler and to what the handler enqueues. */
class TracingTest extends ConsumerFixture {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00-" + TRACE + "-00f067aa0ba902b7-01";

  private final List<String> logged = new CopyOnWriteArrayList<>();
  private final ErrandsProducer producer =
      new ErrandsProducer(
          broker, new Partitions(1), InstantSource.system(), new Metrics(), List.of(new Tracing()));

  @Override
  List<ConsumerInterceptor> interceptors() {
    // The second stands in for a handler that enqueues another item.
    return List.of(
        new Tracing(),
        (item, next) -> {
          logged.add(String.valueOf(MDC.get(Tracing.TRACE_ID)));
          Future<String> follower =
              item.meta().id().equals("first")
                  ? producer.enqueueRun(Errand.newBuilder().setId("second").build())
                  : Future.succeededFuture("");
          return follower.compose(id -> next.handle(item));
        });
  }

  @Test
  void callersTraceTravelsWithANewSpanForEachHop() throws Exception {
    EnqueueOptions options =
        EnqueueOptions.none().withHeader("traceparent", PARENT).withHeader("tracestate", "a=b");
    producer.enqueueHaul(Errand.newBuilder().setId("first").build(), options);
    QueueItem first = broker.published.get(0).envelope();
    TraceContext sent = trace(first.getHeadersMap());
    assertThat(sent.traceId()).isEqualTo(TRACE);
    assertThat(sent.spanId()).isNotEqualTo("00f067aa0ba902b7");
    assertThat(sent.state()).isEqualTo("a=b");

    deliver(first);
    Call call = call();
    TraceContext handled = trace(call.meta().headers());
    assertThat(handled.traceId()).isEqualTo(TRACE);
    assertThat(handled.spanId()).isNotEqualTo(sent.spanId());
    assertThat(handled.state()).isEqualTo("a=b");
    assertThat(logged).containsExactly(TRACE);

    TraceContext second = trace(broker.published.get(1).envelope().getHeadersMap());
    assertThat(second.traceId()).isEqualTo(TRACE);
    assertThat(second.spanId()).isNotIn(sent.spanId(), handled.spanId());
  }

  @Test
  void traceOfOneItemIsNotThatOfTheNext() throws Exception {
    deliver(haul("first").putHeaders("traceparent", PARENT).build());
    call();
    deliver(haul("other").build());

    assertThat(call().meta().headers()).isEmpty();
    assertThat(logged).containsExactly(TRACE, "null");
    assertThat(on(Tracing::current)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
      })
  void malformedTraceIsDroppedOnBothSides(String parent) throws Exception {
    producer.enqueueHaul(
        Errand.getDefaultInstance(), EnqueueOptions.none().withHeader("traceparent", parent));
    assertThat(broker.published.get(0).envelope().getHeadersMap()).isEmpty();

    deliver(haul("e1").putHeaders("traceparent", parent).putHeaders("tracestate", "a=b").build());
    assertThat(call().meta().headers()).isEmpty();
  }

  @Test
  void laterVersionsAreReadAndAMalformedStateAloneIsDropped() {
    String later = "cc-" + TRACE + "-00f067aa0ba902b7-01-what-the-future-brings";

    TraceContext trace = trace(Map.of("traceparent", later, "tracestate", "no members"));

    assertThat(trace.parent()).isEqualTo(PARENT);
    assertThat(trace.state()).isNull();
  }

  private static TraceContext trace(Map<String, String> headers) {
    return Objects.requireNonNull(TraceContext.of(headers));
  }
}
