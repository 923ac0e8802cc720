package io.ovation.protoc;

import com.google.protobuf.DescriptorProtos.FileOptions;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.SourceVersion;

/** The Java names of a {@code .proto}'s declarations, by the rules of protoc's Java generator. */
final class JavaNames {
  // protoc's kForbiddenWordList: getters that every message has already.
  private static final Set<String> RESERVED =
      Set.of(
          "class",
          "defaultInstanceForType",
          "parserForType",
          "serializedSize",
          "allFields",
          "descriptorForType",
          "initializationErrorString",
          "unknownFields",
          "cachedSize");

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
    return qualified(javaPackage(file), simple);
  }

  static String qualified(String javaPackage, String simple) {
    return javaPackage.isEmpty() ? simple : javaPackage + "." + simple;
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
    return Stream.of(
            file.getServices().stream(),
            file.getEnumTypes().stream(),
            file.getMessageTypes().stream().flatMap(JavaNames::withNested))
        .flatMap(declared -> declared)
        .anyMatch(declared -> declared.getName().equals(name));
  }

  private static Stream<GenericDescriptor> withNested(Descriptor message) {
    Stream<GenericDescriptor> here =
        Stream.concat(Stream.of(message), message.getEnumTypes().stream());
    return Stream.concat(here, message.getNestedTypes().stream().flatMap(JavaNames::withNested));
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

  /** A name that Java accepts: a keyword gets a trailing underscore. */
  static String identifier(String name) {
    return SourceVersion.isKeyword(name, SourceVersion.RELEASE_17) ? name + "_" : name;
  }

  /** The getter that protoc gives a field, with its ways around clashes. */
  static String getter(FieldDescriptor field) {
    boolean clashes =
        field.getContainingType().getFields().stream()
            .anyMatch(other -> other != field && clash(field, other));
    return "get" + name(field) + (clashes ? String.valueOf(field.getNumber()) : "");
  }

  private static String name(FieldDescriptor field) {
    boolean reserved = RESERVED.contains(camel(field.getName(), false));
    return camel(field.getName(), true) + (reserved ? "_" : "");
  }

  private static boolean clash(FieldDescriptor a, FieldDescriptor b) {
    return name(a).equals(name(b)) || shadows(a, b) || shadows(b, a);
  }

  // A repeated field foo has getFooCount and getFooList besides getFoo.
  private static boolean shadows(FieldDescriptor repeated, FieldDescriptor other) {
    return repeated.isRepeated()
        && Set.of(name(repeated) + "Count", name(repeated) + "List").contains(name(other));
  }
}
