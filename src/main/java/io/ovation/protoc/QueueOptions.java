package io.ovation.protoc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the options of {@code ovation/queue/options.proto} with the descriptors in the request
 * itself. The class that protoc generates from that file is not needed, so the module that owns the
 * file can run this plugin in the build that makes the class.
 */
final class QueueOptions {
  private final Map<String, FieldDescriptor> extensions = new HashMap<>();

  QueueOptions(Collection<FileDescriptor> files) {
    files.stream()
        .flatMap(file -> file.getExtensions().stream())
        .forEach(extension -> extensions.put(extension.getFullName(), extension));
  }

  /** What the rpc's {@code (ovation.queue.method)} sets, by field name. */
  Map<String, Object> of(MethodDescriptor rpc) {
    return read(rpc.getOptions(), extensions.get("ovation.queue.method"));
  }

  /** What the service's {@code (ovation.queue.service)} sets, by field name. */
  Map<String, Object> of(ServiceDescriptor service) {
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
  static Map<String, Object> fields(DynamicMessage message) {
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
