package io.ovation.protoc;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Finds names that two things claim, before javac or the broker does. */
final class NameClashChecker {
  private static final List<String> SUFFIXES = List.of("Producer", "Handler", "Queue");

  private NameClashChecker() {}

  static void check(
      List<ServiceModel> services, Collection<FileDescriptor> files, ErrorCollector problems) {
    queues(services, problems);
    types(services, files, problems);
    for (ServiceModel service : services) {
      methods(service, "Java method ", MethodModel::enqueue, problems);
      methods(service, "Java constant ", MethodModel::constant, problems);
    }
  }

  /** Services share a queue where each of them names it; else it is chance, and a mistake. */
  private static void queues(List<ServiceModel> services, ErrorCollector problems) {
    Map<String, ServiceModel> owners = new HashMap<>();
    for (ServiceModel service : services) {
      ServiceModel owner = owners.putIfAbsent(service.queue(), service);
      if (owner != null && !(owner.named() && service.named())) {
        problems.add(
            service.file(),
            "service " + service.name(),
            "queue \""
                + service.queue()
                + "\" belongs to "
                + owner.fullName()
                + " of "
                + owner.file()
                + "; give one of them option (ovation.queue.service).name, or both the same to share"
                + " the queue");
      }
    }
  }

  private static void types(
      List<ServiceModel> services, Collection<FileDescriptor> files, ErrorCollector problems) {
    Map<String, String> owners = new HashMap<>();
    files.forEach(file -> declared(file, owners));
    for (ServiceModel service : services) {
      for (String suffix : SUFFIXES) {
        String owner = owners.putIfAbsent(service.type(suffix), service.fullName());
        if (owner != null) {
          problems.add(
              service.file(),
              "service " + service.name(),
              "class "
                  + service.type(suffix)
                  + " is taken by "
                  + owner
                  + "; rename one of them or"
                  + " use another java_package");
        }
      }
    }
  }

  /** The top-level classes that protoc's own Java generator makes of a file. */
  private static void declared(FileDescriptor file, Map<String, String> owners) {
    String prefix = JavaNames.javaPackage(file).isEmpty() ? "" : JavaNames.javaPackage(file) + ".";
    owners.put(prefix + JavaNames.outerClass(file), file.getName());
    if (file.getOptions().getJavaMultipleFiles()) {
      Stream<GenericDescriptor> types =
          Stream.of(file.getMessageTypes(), file.getEnumTypes()).flatMap(List::stream);
      types.forEach(type -> owners.put(prefix + type.getName(), type.getFullName()));
    }
  }

  private static void methods(
      ServiceModel service,
      String kind,
      Function<MethodModel, String> name,
      ErrorCollector problems) {
    Map<String, MethodModel> owners = new HashMap<>();
    for (MethodModel method : service.methods()) {
      MethodModel owner = owners.putIfAbsent(name.apply(method), method);
      if (owner != null) {
        problems.add(
            service.file(),
            "rpc " + service.name() + "." + method.name(),
            kind + name.apply(method) + " is taken by rpc " + owner.name() + "; rename one");
      }
    }
  }
}
