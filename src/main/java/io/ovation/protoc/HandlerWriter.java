package io.ovation.protoc;

import java.util.stream.Collectors;

/** Writes {@code CommentsHandler}. */
final class HandlerWriter {
  private HandlerWriter() {}

  static String write(ServiceModel service) {
    String methods =
        service.methods().stream().map(HandlerWriter::method).collect(Collectors.joining());
    return GeneratedFile.head(service)
        + """

        /**
         * Does the work of queue {@code %1$s}. An item is acked when its future succeeds; it may come
         * again after a crash, with the same id.
         */
        public interface %2$sHandler {
        %3$s}
        """
            .formatted(service.queue(), service.name(), methods);
  }

  private static String method(MethodModel method) {
    return """

      io.vertx.core.Future<java.lang.Void> %s(%s request, io.ovation.queue.typed.ItemMetadata meta);
    """
        .formatted(method.handle(), method.requestType());
  }
}
