package io.ovation.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.liveness.proto.CheckRequest;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.queue.proto.QueueItem;
import io.ovation.wire.proto.Announce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sample bytes of every message that nodes exchange or keep in queues, each field set. {@code main}
 * writes those of this version to {@code src/test/resources/wire/<version>.txt}, for a release;
 * files of earlier releases are never changed.
 */
public final class GoldenMessages {
  static final Path DIR = Path.of("src", "test", "resources", "wire");

  /** Messages in messages. */
  private static final int DEPTH = 3;

  private static final List<FileDescriptor> FILES =
      List.of(
          Announce.getDescriptor().getFile(),
          QueueItem.getDescriptor().getFile(),
          CommentRequest.getDescriptor().getFile(),
          ReactionBatch.getDescriptor().getFile(),
          CheckRequest.getDescriptor().getFile(),
          PackageRequest.getDescriptor().getFile());

  private GoldenMessages() {}

  /** This version's messages by their full names. */
  static Map<String, Descriptor> messages() {
    Map<String, Descriptor> all = new TreeMap<>();
    for (FileDescriptor file : FILES) {
      file.getMessageTypes().forEach(type -> all.put(type.getFullName(), type));
      // Those of files that these import, as regions.proto.
      file.getDependencies().stream()
          .filter(imported -> imported.getPackage().startsWith("ovation."))
          .flatMap(imported -> imported.getMessageTypes().stream())
          .forEach(type -> all.put(type.getFullName(), type));
    }
    all.keySet().removeIf(name -> name.endsWith("Options"));
    return all;
  }

  /** A message with every field set to a value that follows from its number. */
  static DynamicMessage sample(Descriptor type, int depth) {
    DynamicMessage.Builder made = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (message && depth == 0) {
        continue;
      }
      Object value = message ? sample(field.getMessageType(), depth - 1) : value(field);
      if (field.isRepeated()) {
        made.addRepeatedField(field, value);
      } else {
        made.setField(field, value);
      }
    }
    return made.build();
  }

  private static Object value(FieldDescriptor field) {
    int number = field.getNumber();
    return switch (field.getJavaType()) {
      case INT -> 1_000 + number;
      case LONG -> 1_000_000_000_000L + number;
      case FLOAT -> 0.5f + number;
      case DOUBLE -> 0.25 + number;
      case BOOLEAN -> true;
      case STRING -> "text " + number;
      case BYTE_STRING -> ByteString.copyFromUtf8("bytes " + number);
      case ENUM -> field.getEnumType().getValues().get(field.getEnumType().getValues().size() - 1);
      case MESSAGE -> throw new IllegalArgumentException(field.getFullName());
    };
  }

  /** Full name → bytes, of one file. */
  static Map<String, byte[]> read(Path file) throws IOException {
    Map<String, byte[]> samples = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file, US_ASCII)) {
      String[] parts = line.split(" ", -1);
      samples.put(parts[0], HexFormat.of().parseHex(parts[1]));
    }
    return samples;
  }

  /**
   * @param arguments the version
   */
  public static void main(String... arguments) throws IOException {
    StringBuilder lines = new StringBuilder();
    messages()
        .forEach(
            (name, type) ->
                lines
                    .append(name)
                    .append(' ')
                    .append(HexFormat.of().formatHex(sample(type, DEPTH).toByteArray()))
                    .append('\n'));
    Files.createDirectories(DIR);
    Files.writeString(DIR.resolve(arguments[0] + ".txt"), lines, US_ASCII);
  }
}
