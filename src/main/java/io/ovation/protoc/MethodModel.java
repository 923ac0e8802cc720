package io.ovation.protoc;

import java.util.List;

/**
 * What the writers need of one rpc.
 *
 * @param name the rpc's name, as it stands in {@code QueueItem.method}
 * @param requestType the request's Java class, fully qualified
 * @param keyGetter the request's getter whose value orders items; empty if none
 * @param idGetter the request's getter whose value identifies an item; empty if none
 * @param lane the runtime's constant of the lane; empty for its default
 * @param policy the calls on the runtime's builder that set what differs from its defaults
 */
record MethodModel(
    String name,
    String requestType,
    String keyGetter,
    String idGetter,
    String lane,
    List<String> policy) {

  /** {@code enqueueComment}. */
  String enqueue() {
    return "enqueue" + JavaNames.camel(name, true);
  }

  /** {@code comment}. */
  String handle() {
    return JavaNames.identifier(JavaNames.camel(name, false));
  }

  /** {@code COMMENT}. */
  String constant() {
    return JavaNames.constant(name);
  }
}
