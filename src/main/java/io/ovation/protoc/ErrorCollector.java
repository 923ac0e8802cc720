package io.ovation.protoc;

import java.util.ArrayList;
import java.util.List;

/**
 * The mistakes found so far. All are reported at once, so that one run shows all there is to mend.
 */
final class ErrorCollector {
  private final List<String> found = new ArrayList<>();

  /**
   * @param file the {@code .proto} as protoc names it
   * @param where the service or rpc, by its name in the file
   */
  void add(String file, String where, String what) {
    found.add(file + ": " + where + ": " + what);
  }

  boolean any() {
    return !found.isEmpty();
  }

  String text() {
    return String.join("\n", found);
  }
}
