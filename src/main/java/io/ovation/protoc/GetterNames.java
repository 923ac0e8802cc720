package io.ovation.protoc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.Set;

/** The getter that protoc's Java generator gives a field, with its ways around clashes. */
final class GetterNames {
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

  private GetterNames() {}

  static String of(FieldDescriptor field) {
    boolean clashes =
        field.getContainingType().getFields().stream()
            .anyMatch(other -> other != field && clash(field, other));
    return "get" + name(field) + (clashes ? String.valueOf(field.getNumber()) : "");
  }

  private static String name(FieldDescriptor field) {
    boolean reserved = RESERVED.contains(JavaNames.camel(field.getName(), false));
    return JavaNames.camel(field.getName(), true) + (reserved ? "_" : "");
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
