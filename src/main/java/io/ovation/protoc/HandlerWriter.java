package io.ovation.protoc;

/** Writes {@code CommentsHandler}. */
final class HandlerWriter {
  private HandlerWriter() {}

  static String write(ServiceModel service) {
    return """
        /**
         * Does the work of queue {@code %s}. An item is acked when its future succeeds; it may come
         * again after a crash, with the same id.
         */
        public interface %sHandler {
        %s}
        """
        .formatted(service.queue(), service.name(), service.each("", HandlerWriter::method));
  }

  private static String method(MethodModel method) {
    return """

      io.vertx.core.Future<java.lang.Void> %s(%s request, io.ovation.queue.typed.ItemMetadata meta);
    """
        .formatted(method.handle(), method.requestType());
  }
}
