package io.ovation.protoc;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import io.ovation.protoc.ServiceModel.MethodModel;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Finds names that two declarations claim, before javac or the broker does. */
final class NameClashChecker {
  private final ErrorCollector errors;
  private final Map<String, ServiceModel> queues = new HashMap<>();
  private final Map<String, String> types = new HashMap<>();

  NameClashChecker(Collection<FileDescriptor> files, ErrorCollector errors) {
    this.errors = errors;
    files.forEach(this::addDeclaredTypes);
  }

  void check(ServiceModel service) {
    checkQueue(service);
    for (String suffix : List.of("Producer", "Handler", "Queue")) {
      String type = service.type(suffix);
      String owner = types.putIfAbsent(type, service.fullName());
      if (owner != null) {
        errors.add(
            service.source(),
            "class %s is taken by %s; rename one of them or use another java_package"
                .formatted(type, owner));
      }
    }
    Map<String, MethodModel> owners = new HashMap<>();
    for (MethodModel method : service.methods()) {
      check(method, "Java method " + method.enqueue(), owners);
      check(method, "Java constant " + method.constant(), owners);
    }
  }

  private void check(MethodModel method, String claim, Map<String, MethodModel> owners) {
    MethodModel owner = owners.putIfAbsent(claim, method);
    if (owner != null) {
      errors.add(method.source(), claim + " is taken by rpc " + owner.name() + "; rename one");
    }
  }

  /** Services share a queue if each of them names it; an accidental match is a mistake. */
  private void checkQueue(ServiceModel service) {
    ServiceModel owner = queues.putIfAbsent(service.queue(), service);
    if (owner != null && !(owner.named() && service.named())) {
      errors.add(
          service.source(),
          ("queue \"%s\" belongs to %s of %s; give one of them option (ovation.queue.service).name,"
                  + " or both the same to share the queue")
              .formatted(service.queue(), owner.fullName(), owner.file()));
    }
  }

  /** Adds the top-level classes that protoc's own Java generator makes of a file. */
  private void addDeclaredTypes(FileDescriptor file) {
    String in = JavaNames.javaPackage(file);
    types.put(JavaNames.qualified(in, JavaNames.outerClass(file)), file.getName());
    if (file.getOptions().getJavaMultipleFiles()) {
      Stream<GenericDescriptor> declared =
          Stream.of(file.getMessageTypes(), file.getEnumTypes()).flatMap(List::stream);
      declared.forEach(
          type -> types.put(JavaNames.qualified(in, type.getName()), type.getFullName()));
    }
  }
}
