package io.ovation.protoc;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Finds names that two declarations claim, before javac or the broker does. */
final class NameClashChecker {
  private static final List<String> SUFFIXES = List.of("Producer", "Handler", "Queue");

  private NameClashChecker() {}

  static void check(
      List<ServiceModel> services, Collection<FileDescriptor> files, ErrorCollector errors) {
    Map<String, ServiceModel> queues = new HashMap<>();
    Map<String, String> types = new HashMap<>();
    files.forEach(file -> addDeclaredTypes(file, types));
    for (ServiceModel service : services) {
      queue(service, queues, errors);
      types(service, types, errors);
      methods(service, "Java method ", MethodModel::enqueue, errors);
      methods(service, "Java constant ", MethodModel::constant, errors);
    }
  }

  /** Services share a queue if each of them names it; an accidental match is a mistake. */
  private static void queue(
      ServiceModel service, Map<String, ServiceModel> owners, ErrorCollector errors) {
    ServiceModel owner = owners.putIfAbsent(service.queue(), service);
    if (owner != null && !(owner.named() && service.named())) {
      errors.add(
          service.source(),
          ("queue \"%s\" belongs to %s of %s; give one of them option (ovation.queue.service).name,"
                  + " or both the same to share the queue")
              .formatted(service.queue(), owner.fullName(), owner.file()));
    }
  }

  private static void types(
      ServiceModel service, Map<String, String> owners, ErrorCollector errors) {
    for (String suffix : SUFFIXES) {
      String type = service.type(suffix);
      String owner = owners.putIfAbsent(type, service.fullName());
      if (owner != null) {
        errors.add(
            service.source(),
            "class %s is taken by %s; rename one of them or use another java_package"
                .formatted(type, owner));
      }
    }
  }

  /** Adds the top-level classes that protoc's own Java generator makes of a file. */
  private static void addDeclaredTypes(FileDescriptor file, Map<String, String> owners) {
    String in = JavaNames.javaPackage(file);
    owners.put(JavaNames.qualified(in, JavaNames.outerClass(file)), file.getName());
    if (file.getOptions().getJavaMultipleFiles()) {
      Stream<GenericDescriptor> types =
          Stream.of(file.getMessageTypes(), file.getEnumTypes()).flatMap(List::stream);
      types.forEach(
          type -> owners.put(JavaNames.qualified(in, type.getName()), type.getFullName()));
    }
  }

  private static void methods(
      ServiceModel service,
      String kind,
      Function<MethodModel, String> name,
      ErrorCollector errors) {
    Map<String, MethodModel> owners = new HashMap<>();
    for (MethodModel method : service.methods()) {
      MethodModel owner = owners.putIfAbsent(name.apply(method), method);
      if (owner != null) {
        errors.add(
            method.source(),
            kind + name.apply(method) + " is taken by rpc " + owner.name() + "; rename one");
      }
    }
  }
}
