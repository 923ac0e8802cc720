package io.ovation.protoc;

import com.google.protobuf.Message;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** The real protoc, with the real plugin, as a child process. */
public final class Protoc {
  private static final Path PROTOC = Path.of("target/protoc/protoc").toAbsolutePath();
  public static final Path PROTOS = Path.of("src/main/proto").toAbsolutePath();
  static final Path PLUGIN = Path.of("bin/protoc-gen-ovation").toAbsolutePath();

  public record Result(int exit, byte[] out, String errors) {}

  private Protoc() {}

  /** Generates messages and queues of a file below {@code sources} into {@code into}. */
  static Result generate(Path sources, String file, Path into, Map<String, String> environment) {
    return run(
        environment,
        new byte[0],
        "--plugin=protoc-gen-ovation=" + PLUGIN,
        "--java_out=" + into,
        "--ovation_out=" + into,
        "-I" + sources,
        "-I" + PROTOS,
        "-I" + wellKnown(into.resolveSibling("include")),
        file);
  }

  /** The files that an installed protoc comes with; Maven provides only the program. */
  static Path wellKnown(Path include) {
    for (String name : List.of("google/protobuf/descriptor.proto", "google/protobuf/empty.proto")) {
      try (InputStream file = Message.class.getResourceAsStream("/" + name)) {
        Path to = include.resolve(name);
        Files.createDirectories(include.resolve("google/protobuf"));
        Files.write(to, Objects.requireNonNull(file, name).readAllBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return include;
  }

  public static Result run(Map<String, String> environment, byte[] input, String... arguments) {
    try {
      PROTOC.toFile().setExecutable(true);
      List<String> command = new ArrayList<>(List.of(PROTOC.toString()));
      command.addAll(List.of(arguments));
      Path errors = Files.createTempFile("protoc", ".err");
      Path in = Files.createTempFile("protoc", ".in");
      Files.write(in, input);
      var builder =
          new ProcessBuilder(command).redirectError(errors.toFile()).redirectInput(in.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      byte[] out;
      try (InputStream stream = process.getInputStream()) {
        out = stream.readAllBytes();
      }
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("protoc did not end in 60 s: " + command);
      }
      return new Result(process.exitValue(), out, Files.readString(errors, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
