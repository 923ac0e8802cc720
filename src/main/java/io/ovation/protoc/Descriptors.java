package io.ovation.protoc;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The request's files with their types resolved. */
final class Descriptors {
  private Descriptors() {}

  /**
   * @param protos each after the files that it imports, as protoc promises
   */
  static Map<String, FileDescriptor> link(List<FileDescriptorProto> protos)
      throws DescriptorValidationException {
    Map<String, FileDescriptor> linked = new HashMap<>();
    for (FileDescriptorProto proto : protos) {
      FileDescriptor[] imports =
          proto.getDependencyList().stream()
              .map(name -> get(linked, name))
              .toArray(FileDescriptor[]::new);
      linked.put(proto.getName(), FileDescriptor.buildFrom(proto, imports));
    }
    return linked;
  }

  static FileDescriptor get(Map<String, FileDescriptor> files, String name) {
    FileDescriptor file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException("protoc sent no descriptor of " + name);
    }
    return file;
  }
}
