package io.ovation.protoc;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.List;

/**
 * What the writers need of one service.
 *
 * @param javaPackage empty for the unnamed package
 * @param name the service's simple name
 * @param fullName as it stands in {@code QueueItem.service}
 * @param queue the queue's name
 * @param named whether the {@code .proto} gives that name
 * @param lanes the runtime's constants of the lanes beside those of the methods
 */
record ServiceModel(
    ServiceDescriptor source,
    String javaPackage,
    String name,
    String fullName,
    String queue,
    boolean named,
    List<String> lanes,
    List<MethodModel> methods) {

  /** The {@code .proto} it came from. */
  String file() {
    return source.getFile().getName();
  }

  /** A generated class by its fully qualified name. */
  String type(String suffix) {
    return javaPackage.isEmpty() ? name + suffix : javaPackage + "." + name + suffix;
  }

  /** Where protoc puts that class. */
  String path(String suffix) {
    return type(suffix).replace('.', '/') + ".java";
  }
}
