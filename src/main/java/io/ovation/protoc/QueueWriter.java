package io.ovation.protoc;

import java.util.stream.Collectors;

/** Writes {@code CommentsQueue}: the contract, and how a handler meets it. */
final class QueueWriter {
  private QueueWriter() {}

  static String write(ServiceModel service) {
    return GeneratedFile.head(service)
        + """

        /** Queue {@code %1$s}: the contract of service {@code %2$s}. */
        public final class %3$sQueue {
          private %3$sQueue() {}
        %4$s
          private static final io.ovation.queue.typed.Contract CONTRACT$ =
              new io.ovation.queue.typed.Contract(
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

          /** What a consumer needs to hand items to {@code handler}. */
          public static io.ovation.queue.typed.HandlerRegistration register(%6$s handler) {
            return io.ovation.queue.typed.HandlerRegistration.of(CONTRACT$)
        %7$s        .build();
          }
        }
        """
            .formatted(
                service.queue(),
                service.fullName(),
                service.name(),
                each(service, QueueWriter::constant),
                service.methods().stream()
                    .map(MethodModel::constant)
                    .collect(Collectors.joining(", ")),
                service.type("Handler"),
                each(service, QueueWriter::registration),
                service.lanes().stream().map(QueueWriter::lane).collect(Collectors.joining(", ")));
  }

  private static String each(ServiceModel service, Part part) {
    return service.methods().stream()
        .map(method -> part.of(service, method))
        .collect(Collectors.joining());
  }

  private interface Part {
    String of(ServiceModel service, MethodModel method);
  }

  private static String constant(ServiceModel service, MethodModel method) {
    return """

      public static final io.ovation.queue.typed.QueueMethod<%1$s> %2$s =
          io.ovation.queue.typed.QueueMethod.of("%3$s", "%4$s", %1$s.parser())%5$s%6$s%7$s%8$s
              .build();
    """
        .formatted(
            method.requestType(),
            method.constant(),
            service.fullName(),
            method.name(),
            accessor("key", method.requestType(), method.keyGetter()),
            accessor("id", method.requestType(), method.idGetter()),
            method.lane().isEmpty() ? "" : "\n          .lane(%s)".formatted(lane(method.lane())),
            method.policy().stream()
                .map("\n          .%s"::formatted)
                .collect(Collectors.joining()));
  }

  private static String lane(String constant) {
    return "io.ovation.queue.Lane." + constant;
  }

  private static String accessor(String name, String type, String getter) {
    return getter.isEmpty() ? "" : "\n          .%s(%s::%s)".formatted(name, type, getter);
  }

  private static String registration(ServiceModel service, MethodModel method) {
    return "        .handle(%s, handler::%s)\n".formatted(method.constant(), method.handle());
  }
}
