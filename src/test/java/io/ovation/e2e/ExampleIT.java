package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stranger's project, built and run as its README says: the library and the protoc plugin. */
class ExampleIT {
  private static final Path EXAMPLE = Path.of("examples", "thumbnails");
  private static final int LIMIT_SECONDS = 240;

  @TempDir static Path copy;

  @BeforeAll
  static void copyAndInstall() throws Exception {
    for (String file :
        List.of("pom.xml", "src/main/proto/thumbnails.proto", "src/main/java/example/Main.java")) {
      Files.createDirectories(copy.resolve(file).getParent());
      Files.copy(EXAMPLE.resolve(file), copy.resolve(file));
    }
    maven(
        Path.of(""),
        Map.of(),
        "install:install-file",
        "-Dfile=target/ovation.jar",
        "-DpomFile=pom.xml");
  }

  @Test
  void imagesAreResizedAndTheCorruptOneIsADeadLetter() throws Exception {
    assertThat(maven(copy, Map.of(), "compile", "exec:java"))
        .contains("9 images are resized")
        .contains("dead letter:")
        .contains("image-7.png is corrupt");
  }

  @Test
  void theSameProgramRunsOnRabbit() throws Exception {
    Map<String, String> environment = Map.of("RABBITMQ_URI", Servers.rabbit().uri());
    assertThat(maven(copy, environment, "compile", "exec:java"))
        .contains("9 images are resized")
        .contains("image-7.png is corrupt");
  }

  private static String maven(Path directory, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("maven", ".log");
    ProcessBuilder builder = new ProcessBuilder("mvn", "-q", "-B", "-ntp");
    builder.command().addAll(List.of(arguments));
    builder.environment().putAll(environment);
    // Set by the tests' own Maven for itself.
    builder.environment().remove("MAVEN_CMD_LINE_ARGS");
    builder.environment().remove("MAVEN_PROJECTBASEDIR");
    builder.directory(directory.toAbsolutePath().toFile());
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    Process process = builder.start();
    boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    String text = Files.readString(output);
    Files.delete(output);
    if (!ended || process.exitValue() != 0) {
      throw new AssertionError(builder.command() + (ended ? " failed\n" : " did not end\n") + text);
    }
    return text;
  }
}
