package io.ovation.protoc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Descriptors to models; what can't be a queue becomes a problem. */
final class ModelReader {
  // A queue's name is part of the broker's queue names and of metrics.
  private static final Pattern QUEUE = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

  private final QueueOptions options;
  private final ErrorCollector problems;

  ModelReader(QueueOptions options, ErrorCollector problems) {
    this.options = options;
    this.problems = problems;
  }

  List<ServiceModel> services(FileDescriptor file) {
    return file.getServices().stream().map(this::service).toList();
  }

  private ServiceModel service(ServiceDescriptor service) {
    if (service.getMethods().isEmpty()) {
      problem(service, "has no rpc; a queue needs at least one");
    }
    return new ServiceModel(
        service,
        JavaNames.javaPackage(service.getFile()),
        service.getName(),
        service.getFullName(),
        queue(service),
        !name(service).isEmpty(),
        options.of(service).map(option -> QueueOptions.names(option, "lanes")).orElse(List.of()),
        service.getMethods().stream().map(this::method).toList());
  }

  private String queue(ServiceDescriptor service) {
    String name = name(service);
    String queue = name.isEmpty() ? service.getName().toLowerCase(Locale.ROOT) : name;
    if (!QUEUE.matcher(queue).matches()) {
      problem(
          service,
          "queue name \""
              + queue
              + "\" must be 1 to 64 of a-z 0-9 _ - and begin with a letter or"
              + " digit; set option (ovation.queue.service).name");
    }
    return queue;
  }

  private String name(ServiceDescriptor service) {
    return options.of(service).map(option -> QueueOptions.text(option, "name")).orElse("");
  }

  private MethodModel method(MethodDescriptor rpc) {
    if (rpc.isClientStreaming() || rpc.isServerStreaming()) {
      problem(rpc, "is streaming; a queue carries one request per item, so remove \"stream\"");
    }
    Optional<DynamicMessage> option = options.of(rpc);
    Descriptor request = rpc.getInputType();
    boolean unreachable =
        JavaNames.javaPackage(request.getFile()).isEmpty()
            && !JavaNames.javaPackage(rpc.getFile()).isEmpty();
    if (unreachable) {
      problem(
          rpc,
          request.getFullName()
              + " is in Java's unnamed package, which other packages can't import; give "
              + request.getFile().getName()
              + " a package or java_package");
    }
    return new MethodModel(
        rpc.getName(),
        JavaNames.type(request),
        getter(rpc, option, "key"),
        getter(rpc, option, "id"),
        option.map(set -> QueueOptions.name(set, "lane")).orElse(""),
        option.map(set -> PolicyReader.read(set, what -> problem(rpc, what))).orElse(List.of()));
  }

  /** The getter of the request's field that the option names; empty if the option is not set. */
  private String getter(MethodDescriptor rpc, Optional<DynamicMessage> option, String name) {
    String field = option.map(set -> QueueOptions.text(set, name)).orElse("");
    if (field.isEmpty()) {
      return "";
    }
    String said = "(ovation.queue.method)." + name + " names \"" + field + "\"";
    FieldDescriptor found = rpc.getInputType().findFieldByName(field);
    if (found == null) {
      problem(
          rpc,
          said
              + ", which "
              + rpc.getInputType().getFullName()
              + " does not have; it has "
              + rpc.getInputType().getFields().stream().map(FieldDescriptor::getName).toList());
      return "";
    }
    if (found.isRepeated() || found.getJavaType() != FieldDescriptor.JavaType.STRING) {
      problem(rpc, said + ", which is not a single string field");
      return "";
    }
    return GetterNames.of(found);
  }

  private void problem(ServiceDescriptor service, String what) {
    problems.add(service.getFile().getName(), "service " + service.getName(), what);
  }

  private void problem(MethodDescriptor rpc, String what) {
    problems.add(
        rpc.getFile().getName(), "rpc " + rpc.getService().getName() + "." + rpc.getName(), what);
  }
}
