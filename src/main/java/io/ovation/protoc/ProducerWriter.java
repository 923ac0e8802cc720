package io.ovation.protoc;

/** Writes {@code CommentsProducer}. */
final class ProducerWriter {
  private ProducerWriter() {}

  static String write(ServiceModel service) {
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
            service.each("", method -> method(service, method)),
            service.type("Queue"));
  }

  private static String method(ServiceModel service, MethodModel method) {
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
}
