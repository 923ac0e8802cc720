package io.ovation.protoc;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the writers need to know of one service.
 *
 * @param javaPackage empty for the unnamed package
 * @param queue the queue's name
 * @param named whether the {@code .proto} gives that name
 * @param lanes the runtime's constants of the lanes besides those of the methods
 */
record ServiceModel(
    ServiceDescriptor source,
    String javaPackage,
    String queue,
    boolean named,
    List<String> lanes,
    List<MethodModel> methods) {

  String name() {
    return source.getName();
  }

  /** Its name in {@code QueueItem.service}. */
  String fullName() {
    return source.getFullName();
  }

  /** The {@code .proto} that declares it. */
  String file() {
    return source.getFile().getName();
  }

  /** A generated class's fully qualified name. */
  String type(String suffix) {
    return JavaNames.qualified(javaPackage, name() + suffix);
  }

  /** Code for each method. */
  String each(String separator, Function<MethodModel, String> code) {
    return methods.stream().map(code).collect(Collectors.joining(separator));
  }

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
}
