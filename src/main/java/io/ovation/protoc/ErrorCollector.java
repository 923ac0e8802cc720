package io.ovation.protoc;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.List;

/**
 * The mistakes found in the request's files. All are reported at once, so one run shows them all.
 */
final class ErrorCollector {
  private final List<String> errors = new ArrayList<>();

  void add(ServiceDescriptor service, String error) {
    errors.add(service.getFile().getName() + ": service " + service.getName() + ": " + error);
  }

  void add(MethodDescriptor rpc, String error) {
    errors.add(
        "%s: rpc %s.%s: %s"
            .formatted(rpc.getFile().getName(), rpc.getService().getName(), rpc.getName(), error));
  }

  /** One error a line; empty if there is none. */
  String text() {
    return String.join("\n", errors);
  }
}
