package io.ovation.protoc;

import io.ovation.protoc.ServiceModel.MethodModel;
import java.util.stream.Collectors;

/** Writes the classes generated for one service. */
final class JavaWriter {
  private JavaWriter() {}

  /** {@code CommentsProducer}. */
  static String producer(ServiceModel service) {
    return """
        /** Puts requests on queue {@code %1$s}. Methods may be called from any thread. */
        public final class %2$sProducer {
          private final io.ovation.queue.typed.producer.QueueProducer producer;

          /**
           * @param partitions as the queue was declared with
           */
          public %2$sProducer(
              io.ovation.queue.Broker broker,
              io.ovation.queue.Partitions partitions,
              java.time.InstantSource clock,
              io.ovation.metrics.Metrics metrics) {
            this(broker, partitions, clock, metrics, java.util.List.of());
          }

          /**
           * @param interceptors wrap every enqueue, the first outermost
           */
          public %2$sProducer(
              io.ovation.queue.Broker broker,
              io.ovation.queue.Partitions partitions,
              java.time.InstantSource clock,
              io.ovation.metrics.Metrics metrics,
              java.util.List<io.ovation.queue.typed.producer.ProducerInterceptor> interceptors) {
            this.producer =
                new io.ovation.queue.typed.producer.QueueProducer(
                    broker, %4$s.contract(), partitions, clock, metrics, interceptors);
          }
        %3$s}
        """
        .formatted(
            service.queue(),
            service.name(),
            service.each("", method -> enqueue(service, method)),
            service.type("Queue"));
  }

  private static String enqueue(ServiceModel service, MethodModel method) {
    return """

      /**
       * @return the item's id, once it is durable; fails with {@code BrokerUnavailable} when nothing is
       *     promised, then retry with the same id
       */
      public io.vertx.core.Future<java.lang.String> %1$s(%2$s request) {
        return %1$s(request, io.ovation.queue.typed.EnqueueOptions.none());
      }

      public io.vertx.core.Future<java.lang.String> %1$s(
          %2$s request, io.ovation.queue.typed.EnqueueOptions options) {
        return producer.enqueue(%3$s.%4$s, request, options);
      }
    """
        .formatted(
            method.enqueue(), method.requestType(), service.type("Queue"), method.constant());
  }

  /** {@code CommentsHandler}. */
  static String handler(ServiceModel service) {
    return """
        /**
         * Does the work of queue {@code %s}. An item is acked when its future succeeds; it may come
         * again after a crash, with the same id.
         */
        public interface %sHandler {
        %s}
        """
        .formatted(service.queue(), service.name(), service.each("", JavaWriter::handle));
  }

  private static String handle(MethodModel method) {
    return """

      io.vertx.core.Future<java.lang.Void> %s(%s request, io.ovation.queue.typed.ItemMetadata meta);
    """
        .formatted(method.handle(), method.requestType());
  }

  /** {@code CommentsQueue}: the contract, and the registration of a handler. */
  static String queue(ServiceModel service) {
    return """
        /** Queue {@code %1$s}: the contract of service {@code %2$s}. */
        public final class %3$sQueue {
          private %3$sQueue() {}
        %4$s
          private static final io.ovation.queue.typed.Contract CONTRACT$ =
              io.ovation.queue.typed.Contract.of(
                  "%2$s", "%1$s", java.util.List.of(%5$s), java.util.List.of(%8$s));

          public static io.ovation.queue.typed.Contract contract() {
            return CONTRACT$;
          }

          /**
           * Reads any item of this queue.
           *
           * @throws io.ovation.queue.typed.PoisonItem when it can never be handled
           */
          public static io.ovation.queue.typed.Item<?> decode(byte[] item) {
            return CONTRACT$.decode(item);
          }

          /** What a consumer needs to pass items to {@code handler}. */
          public static io.ovation.queue.typed.HandlerRegistration register(%6$s handler) {
            return new io.ovation.queue.typed.HandlerRegistration(
                CONTRACT$%7$s);
          }
        }
        """
        .formatted(
            service.queue(),
            service.fullName(),
            service.name(),
            service.each("", method -> constant(service, method)),
            service.each(", ", MethodModel::constant),
            service.type("Handler"),
            service.each("", JavaWriter::binding),
            service.lanes().stream().map(JavaWriter::lane).collect(Collectors.joining(", ")));
  }

  private static String constant(ServiceModel service, MethodModel method) {
    return """

      public static final io.ovation.queue.typed.QueueMethod<%1$s> %2$s =
          new io.ovation.queue.typed.QueueMethod<>(
              "%3$s",
              "%4$s",
              %1$s.parser(),
              %5$s,
              %6$s,
              %7$s,
              io.ovation.queue.typed.Policy.of(%8$s));
    """
        .formatted(
            method.requestType(),
            method.constant(),
            service.fullName(),
            method.name(),
            method.key(),
            method.id(),
            lane(method.lane()),
            method.policy());
  }

  private static String lane(String constant) {
    return "io.ovation.queue.Lane." + constant;
  }

  private static String binding(MethodModel method) {
    return ",\n            %s.to(handler::%s)".formatted(method.constant(), method.handle());
  }
}
