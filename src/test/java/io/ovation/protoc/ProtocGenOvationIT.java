package io.ovation.protoc;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.protoc.Protoc.Result;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.Item;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plugin as another project runs it: protoc, {@code bin/protoc-gen-ovation}, javac. */
class ProtocGenOvationIT {
  private static final String JOBS =
      """
      syntax = "proto3";
      package stranger;
      import "google/protobuf/empty.proto";
      import "ovation/queue/options.proto";
      service Jobs {
        rpc Resize(ResizeRequest) returns (google.protobuf.Empty) {
          option (ovation.queue.method) = { key: "user" id: "job" lane: LOW };
        }
      }
      message ResizeRequest {
        string job = 1;
        optional string user = 2;
      }
      """;

  @TempDir Path dir;

  @Test
  void strangersServiceCompilesAndDecodes() throws Exception {
    Path classes = compile(generate("jobs.proto", JOBS));

    try (var loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
      var contract =
          (Contract) loader.loadClass("stranger.JobsQueue").getMethod("contract").invoke(null);
      QueueItem item =
          QueueItem.newBuilder()
              .setService("stranger.Jobs")
              .setMethod("Resize")
              // job = "j1", user = "u1"
              .setPayload(com.google.protobuf.ByteString.copyFromUtf8("\n\u0002j1\u0012\u0002u1"))
              .build();
      Item<?> decoded = contract.decode(item.toByteArray());

      assertThat(contract.queue()).isEqualTo("jobs");
      assertThat(decoded.meta().id()).isEqualTo("j1");
      assertThat(decoded.meta().key()).isEqualTo("u1");
    }
  }

  @Test
  void mistakeFailsProtocAndSaysWhere() throws Exception {
    String streaming = JOBS.replace("(ResizeRequest)", "(stream ResizeRequest)");

    Result result = run("jobs.proto", streaming, Map.of());

    assertThat(result.exit()).isNotZero();
    assertThat(result.errors()).contains("jobs.proto: rpc Jobs.Resize: is streaming");
  }

  @Test
  void pluginWithoutItsJarSaysHowToBuildIt() throws Exception {
    Result result = run("jobs.proto", JOBS, Map.of("OVATION_JAR", dir + "/none.jar"));

    assertThat(result.exit()).isNotZero();
    assertThat(result.errors()).contains("none.jar does not exist").contains("mvn -q package");
  }

  @Test
  void itemThatProtocEncodesIsDecodedHere() {
    CommentRequest hello =
        CommentRequest.newBuilder().setStream("s1").setUser("bob").setText("hi").build();
    String text =
        "service: 'ovation.live.Comments' method: 'Comment' payload: '%s'"
            .formatted(escaped(hello.toByteArray()));

    Result encoded = queueItem("--encode", text.getBytes(StandardCharsets.UTF_8));

    assertThat(encoded.errors()).isEmpty();
    assertThat(CommentsQueue.COMMENT.decode(encoded.out()).request()).isEqualTo(hello);
  }

  @Test
  void itemMadeHereIsReadByProtoc() {
    QueueItem item =
        QueueItem.newBuilder()
            .setService("ovation.live.Comments")
            .setMethod("Comment")
            .setId("c-1")
            .setKey("s1")
            .setCreatedAtMs(1)
            .putHeaders("h", "v")
            .build();

    String text =
        new String(queueItem("--decode", item.toByteArray()).out(), StandardCharsets.UTF_8);

    assertThat(text)
        .contains(
            "service: \"ovation.live.Comments\"", "id: \"c-1\"", "created_at_ms: 1", "key: \"h\"");
  }

  private static Result queueItem(String mode, byte[] input) {
    return Protoc.run(
        Map.of(),
        input,
        mode + "=ovation.queue.QueueItem",
        "-I" + Protoc.PROTOS,
        "ovation/queue/item.proto");
  }

  private static String escaped(byte[] bytes) {
    var text = new StringBuilder();
    for (byte b : bytes) {
      text.append(String.format("\\x%02x", b));
    }
    return text.toString();
  }

  private Result run(String file, String text, Map<String, String> environment) throws IOException {
    Path sources = Files.createDirectories(dir.resolve("proto"));
    Files.writeString(sources.resolve(file), text);
    return Protoc.generate(
        sources, file, Files.createDirectories(dir.resolve("java")), environment);
  }

  private Path generate(String file, String text) throws IOException {
    Result result = run(file, text, Map.of());
    assertThat(result.errors()).isEmpty();
    assertThat(result.exit()).isZero();
    return dir.resolve("java");
  }

  private Path compile(Path sources) throws IOException {
    Path classes = Files.createDirectories(dir.resolve("classes"));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--release", "17", "-Xlint:all,-rawtypes,-cast,-serial,-processing", "-Werror"));
    arguments.addAll(
        List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
    try (Stream<Path> files = Files.walk(sources)) {
      files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
    }
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    var errors = new java.io.ByteArrayOutputStream();
    int exit = javac.run(null, null, errors, arguments.toArray(String[]::new));
    assertThat(errors.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(exit).isZero();
    return classes;
  }
}
