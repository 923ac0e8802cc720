package io.ovation.protoc;

import com.google.protobuf.Descriptors.MethodDescriptor;

/**
 * What the writers need to know of one rpc.
 *
 * @param requestType the request's Java class, fully qualified
 * @param key an expression that reads a request's key
 * @param id an expression that reads a request's id
 * @param lane the runtime's constant of the lane
 * @param policy the arguments of the runtime's policy
 */
record MethodModel(
    MethodDescriptor source,
    String requestType,
    String key,
    String id,
    String lane,
    String policy) {

  /** Its name in {@code QueueItem.method}. */
  String name() {
    return source.getName();
  }

  /** {@code enqueueComment}. */
  String enqueue() {
    return "enqueue" + JavaNames.camel(name(), true);
  }

  /** {@code comment}. */
  String handle() {
    return JavaNames.identifier(JavaNames.camel(name(), false));
  }

  /** {@code COMMENT}. */
  String constant() {
    return JavaNames.constant(name());
  }
}
