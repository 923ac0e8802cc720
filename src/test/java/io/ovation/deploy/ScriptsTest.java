package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scripts that people call by hand. */
class ScriptsTest {
  /** Arguments of the first two are the server's, of the third protoc's; the last is no script. */
  private static final Set<String> OTHERS = Set.of("start", "dev", "protoc-gen-ovation", "lib.sh");

  static List<String> scripts() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("bin"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !OTHERS.contains(name))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void helpSaysWhatTheScriptDoesAndBeginsNothing(String script) throws Exception {
    Process process =
        new ProcessBuilder("bin/" + script, "--help").redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(output).contains("bin/" + script).doesNotContain("Building", "set -euo");
    List<String> lines = Files.readAllLines(Path.of("bin", script));
    assertThat(output).startsWith(lines.get(1).substring("# ".length()));
  }
}
