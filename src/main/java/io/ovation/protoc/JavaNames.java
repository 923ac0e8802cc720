package io.ovation.protoc;

import com.google.protobuf.DescriptorProtos.FileOptions;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.List;
import java.util.Locale;
import javax.lang.model.SourceVersion;

/** Java's names of what a {@code .proto} declares, by the rules of protoc's own Java generator. */
final class JavaNames {
  private JavaNames() {}

  /** The file's Java package; empty for the unnamed one. */
  static String javaPackage(FileDescriptor file) {
    FileOptions options = file.getOptions();
    return options.hasJavaPackage() ? options.getJavaPackage() : file.getPackage();
  }

  /** A message's class, fully qualified. */
  static String type(Descriptor message) {
    Descriptor outer = message.getContainingType();
    if (outer != null) {
      return type(outer) + "." + message.getName();
    }
    FileDescriptor file = message.getFile();
    String simple =
        file.getOptions().getJavaMultipleFiles()
            ? message.getName()
            : outerClass(file) + "." + message.getName();
    return javaPackage(file).isEmpty() ? simple : javaPackage(file) + "." + simple;
  }

  /** The class that wraps a file's declarations. */
  static String outerClass(FileDescriptor file) {
    if (file.getOptions().hasJavaOuterClassname()) {
      return file.getOptions().getJavaOuterClassname();
    }
    String path = file.getName();
    String base = path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.proto$", "");
    String name = camel(base, true);
    return declares(file, name) ? name + "OuterClass" : name;
  }

  private static boolean declares(FileDescriptor file, String name) {
    return file.getServices().stream().anyMatch(service -> service.getName().equals(name))
        || file.getEnumTypes().stream().anyMatch(type -> type.getName().equals(name))
        || declares(file.getMessageTypes(), name);
  }

  private static boolean declares(List<Descriptor> messages, String name) {
    return messages.stream()
        .anyMatch(
            message ->
                message.getName().equals(name)
                    || message.getEnumTypes().stream().anyMatch(e -> e.getName().equals(name))
                    || declares(message.getNestedTypes(), name));
  }

  /** {@code object_id} → {@code ObjectId}; a letter after a digit is a capital too. */
  static String camel(String name, boolean capital) {
    var out = new StringBuilder();
    boolean next = capital;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (Character.isDigit(c)) {
        out.append(c);
        next = true;
      } else if (!Character.isLetter(c)) {
        next = true;
      } else {
        boolean first = out.isEmpty() && !capital;
        out.append(next ? Character.toUpperCase(c) : first ? Character.toLowerCase(c) : c);
        next = false;
      }
    }
    return out.toString();
  }

  /** {@code PostComment} → {@code POST_COMMENT}. */
  static String constant(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
  }

  /** A name that Java accepts: keywords get a trailing underscore. */
  static String identifier(String name) {
    return SourceVersion.isKeyword(name, SourceVersion.RELEASE_17) ? name + "_" : name;
  }
}
