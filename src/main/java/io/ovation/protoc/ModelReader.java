package io.ovation.protoc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.ovation.protoc.ServiceModel.MethodModel;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.lang.model.SourceVersion;
import org.jspecify.annotations.Nullable;

/**
 * Turns descriptors into models; what can't be a queue becomes an error. The options of {@code
 * ovation/queue/options.proto} are read with the descriptors in the request, not with the class
 * that protoc generates from that file: the module that owns the file runs this plugin in the build
 * that makes the class.
 */
final class ModelReader {
  // A queue's name is part of the broker's queue names and of metrics.
  private static final Pattern QUEUE = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

  private final Map<String, FieldDescriptor> extensions = new HashMap<>();
  private final ErrorCollector errors;

  ModelReader(Collection<FileDescriptor> files, ErrorCollector errors) {
    this.errors = errors;
    files.stream()
        .flatMap(file -> file.getExtensions().stream())
        .forEach(extension -> extensions.put(extension.getFullName(), extension));
  }

  ServiceModel service(ServiceDescriptor service) {
    if (service.getMethods().isEmpty()) {
      errors.add(service, "has no rpc; a queue needs at least one");
    }
    Map<String, Object> option = options(service);
    Object name = option.getOrDefault("name", service.getName().toLowerCase(Locale.ROOT));
    if (!QUEUE.matcher(name.toString()).matches()) {
      String rule = "must be 1 to 64 of a-z 0-9 _ - and begin with a letter or digit";
      String fix = "set option (ovation.queue.service).name";
      errors.add(service, "queue name \"%s\" %s; %s".formatted(name, rule, fix));
    }
    List<String> lanes =
        ((List<?>) option.getOrDefault("lanes", List.of()))
            .stream()
                .map(EnumValueDescriptor.class::cast)
                .filter(lane -> lane.getNumber() != 0)
                .map(EnumValueDescriptor::getName)
                .distinct()
                .toList();
    return new ServiceModel(
        service,
        JavaNames.javaPackage(service.getFile()),
        name.toString(),
        option.containsKey("name"),
        lanes,
        service.getMethods().stream().map(this::method).toList());
  }

  private MethodModel method(MethodDescriptor rpc) {
    if (rpc.isClientStreaming() || rpc.isServerStreaming()) {
      errors.add(rpc, "is streaming; a queue carries one request per item, so remove \"stream\"");
    }
    if (!SourceVersion.isIdentifier(JavaNames.camel(rpc.getName(), false))) {
      errors.add(rpc, "has no name in Java: it must begin with a letter, after any underscores");
    }
    Map<String, Object> option = options(rpc);
    Descriptor request = rpc.getInputType();
    if (JavaNames.javaPackage(request.getFile()).isEmpty()
        && !JavaNames.javaPackage(rpc.getFile()).isEmpty()) {
      String unnamed = " is in Java's unnamed package, which other packages can't import; give ";
      String file = request.getFile().getName();
      errors.add(rpc, request.getFullName() + unnamed + file + " a package or java_package");
    }
    String key = accessor(rpc, option, "key");
    String id = accessor(rpc, option, "id");
    String lane = option.get("lane") instanceof EnumValueDescriptor set ? set.getName() : "NORMAL";
    String policy = policy(option, error -> errors.add(rpc, error));
    return new MethodModel(rpc, JavaNames.type(request), key, id, lane, policy);
  }

  /** Reads the request's field that the option names; an empty string if the option is not set. */
  private String accessor(MethodDescriptor rpc, Map<String, Object> option, String name) {
    Object field = option.get(name);
    if (field == null) {
      return "request -> \"\"";
    }
    Descriptor request = rpc.getInputType();
    String stated = "(ovation.queue.method)." + name + " names \"" + field + "\"";
    FieldDescriptor found = request.findFieldByName(field.toString());
    if (found == null) {
      List<String> has = request.getFields().stream().map(FieldDescriptor::getName).toList();
      String missing = ", which " + request.getFullName() + " does not have; it has ";
      errors.add(rpc, stated + missing + has);
      return "";
    }
    if (found.isRepeated() || found.getJavaType() != FieldDescriptor.JavaType.STRING) {
      errors.add(rpc, stated + ", which is not a single string field");
      return "";
    }
    return JavaNames.type(request) + "::" + JavaNames.getter(found);
  }

  /** The arguments of the runtime's {@code Policy.of}; the defaults are those of options.proto. */
  private static String policy(Map<String, Object> option, Consumer<String> errors) {
    Map<String, Object> backoff =
        option.get("backoff") instanceof DynamicMessage set ? fields(set) : Map.of();
    long initial = positive(backoff, "initial_ms", 1_000, errors);
    long max = positive(backoff, "max_ms", Math.max(60_000, initial), errors);
    double factor = ((Number) backoff.getOrDefault("factor", 2.0)).doubleValue();
    double jitter = ((Number) backoff.getOrDefault("jitter", 0.2)).doubleValue();
    if (max < initial) {
      errors.accept("backoff.max_ms " + max + " is below initial_ms " + initial);
    }
    if (!(factor >= 1 && factor <= 1_000)) {
      errors.accept("backoff.factor " + factor + " must be 1 to 1,000");
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      errors.accept("backoff.jitter " + jitter + " must be 0 to 1");
    }
    long attempts = positive(option, "max_attempts", 5, errors);
    long timeout = positive(option, "timeout_ms", 30_000, errors);
    long ttl = positive(option, "ttl_ms", 0, errors);
    // Not by a format: some locales have digits of their own.
    return attempts + ", " + timeout + "L, " + ttl + "L, " + initial + "L, " + factor + ", " + max
        + "L, " + jitter;
  }

  private static long positive(
      Map<String, Object> option, String field, long unset, Consumer<String> errors) {
    long value = ((Number) option.getOrDefault(field, unset)).longValue();
    if (value < 1 && option.containsKey(field)) {
      errors.accept(field + " " + value + " must be at least 1; leave it out for the default");
      return unset;
    }
    return value;
  }

  /** What the rpc's {@code (ovation.queue.method)} sets, by field name. */
  private Map<String, Object> options(MethodDescriptor rpc) {
    return read(rpc.getOptions(), extensions.get("ovation.queue.method"));
  }

  /** What the service's {@code (ovation.queue.service)} sets, by field name. */
  private Map<String, Object> options(ServiceDescriptor service) {
    return read(service.getOptions(), extensions.get("ovation.queue.service"));
  }

  // protoc may spread one option over several occurrences; protobuf merges them by concatenation.
  private static Map<String, Object> read(Message options, @Nullable FieldDescriptor extension) {
    if (extension == null) {
      return Map.of(); // No file of the request imports options.proto.
    }
    ByteString bytes =
        options.getUnknownFields().getField(extension.getNumber()).getLengthDelimitedList().stream()
            .reduce(ByteString.EMPTY, ByteString::concat);
    try {
      return fields(DynamicMessage.parseFrom(extension.getMessageType(), bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("protoc sent a broken " + extension.getFullName(), e);
    }
  }

  /** The fields that a message sets, by name; a field without presence is set if not zero. */
  private static Map<String, Object> fields(DynamicMessage message) {
    Map<String, Object> set = new HashMap<>();
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (field.hasPresence() || !value.equals(field.getDefaultValue())) {
                set.put(field.getName(), value);
              }
            });
    return set;
  }
}
