package io.ovation.protoc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Reads the options of {@code ovation/queue/options.proto} by the descriptors in the request
 * itself. The class that protoc generates from that file is not needed, so the module that owns the
 * file can run this plugin in the build that makes the class.
 */
final class QueueOptions {
  private final Optional<FieldDescriptor> method;
  private final Optional<FieldDescriptor> service;

  QueueOptions(Collection<FileDescriptor> files) {
    method = extension(files, "ovation.queue.method");
    service = extension(files, "ovation.queue.service");
  }

  private static Optional<FieldDescriptor> extension(
      Collection<FileDescriptor> files, String fullName) {
    return files.stream()
        .flatMap(file -> file.getExtensions().stream())
        .filter(extension -> extension.getFullName().equals(fullName))
        .findFirst();
  }

  /** The rpc's {@code (ovation.queue.method)}, if it has one. */
  Optional<DynamicMessage> of(MethodDescriptor rpc) {
    return method.flatMap(extension -> read(rpc.getOptions(), extension));
  }

  /** The service's {@code (ovation.queue.service)}, if it has one. */
  Optional<DynamicMessage> of(ServiceDescriptor declared) {
    return service.flatMap(extension -> read(declared.getOptions(), extension));
  }

  // protoc may spread one option over several occurrences; protobuf merges them by concatenation.
  private static Optional<DynamicMessage> read(Message options, FieldDescriptor extension) {
    ByteString bytes =
        options.getUnknownFields().getField(extension.getNumber()).getLengthDelimitedList().stream()
            .reduce(ByteString.EMPTY, ByteString::concat);
    if (!options.getUnknownFields().hasField(extension.getNumber())) {
      return Optional.empty();
    }
    try {
      return Optional.of(DynamicMessage.parseFrom(extension.getMessageType(), bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("protoc sent a broken " + extension.getFullName(), e);
    }
  }

  /** The value of a set field of an option. */
  static Optional<Object> value(DynamicMessage option, String field) {
    FieldDescriptor descriptor = option.getDescriptorForType().findFieldByName(field);
    if (descriptor == null) {
      return Optional.empty();
    }
    if (descriptor.hasPresence() && !option.hasField(descriptor)) {
      return Optional.empty();
    }
    Object value = option.getField(descriptor);
    boolean unset = !descriptor.hasPresence() && value.equals(descriptor.getDefaultValue());
    return unset ? Optional.empty() : Optional.of(value);
  }

  /** The name of an enum field's value; empty if it is unset. */
  static String name(DynamicMessage option, String field) {
    return value(option, field).map(value -> ((EnumValueDescriptor) value).getName()).orElse("");
  }

  /** The names of a repeated enum field's values but for the first, which stands for none. */
  static List<String> names(DynamicMessage option, String field) {
    List<?> values = (List<?>) value(option, field).orElse(List.of());
    return values.stream()
        .map(EnumValueDescriptor.class::cast)
        .filter(value -> value.getNumber() != 0)
        .map(EnumValueDescriptor::getName)
        .distinct()
        .toList();
  }

  /** The value of a string field of an option; empty if it is unset. */
  static String text(DynamicMessage option, String field) {
    return value(option, field).map(Object::toString).orElse("");
  }
}
