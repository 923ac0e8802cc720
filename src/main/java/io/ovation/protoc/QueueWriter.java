package io.ovation.protoc;

import java.util.stream.Collectors;

/** Writes {@code CommentsQueue}: the contract, and the registration of a handler. */
final class QueueWriter {
  private QueueWriter() {}

  static String write(ServiceModel service) {
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
            service.each("", QueueWriter::binding),
            service.lanes().stream().map(QueueWriter::lane).collect(Collectors.joining(", ")));
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
