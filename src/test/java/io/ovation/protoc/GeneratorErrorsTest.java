package io.ovation.protoc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.TextFormat;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import io.ovation.queue.proto.Options;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every mistake in a {@code .proto} is refused, with its place and what to do about it. */
class GeneratorErrorsTest {
  private static final String REQUEST =
      """
      message_type {
        name: "Req"
        field { name: "id" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
        field { name: "size" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 }
        field { name: "tags" number: 3 label: LABEL_REPEATED type: TYPE_STRING }
        field { name: "raw" number: 4 label: LABEL_OPTIONAL type: TYPE_BYTES }
      }
      """;

  @Test
  void fileWithoutServicesGeneratesNothing() throws Exception {
    CodeGeneratorResponse response = generate(file("a", ""));

    assertThat(response.hasError()).isFalse();
    assertThat(response.getFileList()).isEmpty();
  }

  @Test
  void onlyFilesToGenerateAreGenerated() throws Exception {
    FileDescriptorProto imported = file("a", service("One", rpc("Run", "")));
    FileDescriptorProto wanted = file("b", service("Two", rpc("Run", "")));
    CodeGeneratorRequest request =
        request(imported, wanted).toBuilder()
            .clearFileToGenerate()
            .addFileToGenerate("b.proto")
            .build();

    assertThat(ProtocPlugin.generate(request.toByteArray()).getFileList())
        .extracting(CodeGeneratorResponse.File::getName)
        .containsExactly("b/TwoProducer.java", "b/TwoHandler.java", "b/TwoQueue.java");
  }

  @Test
  void rpcsWithoutANameInJavaAreRefusedEachInALine() throws Exception {
    String rpcs =
        rpc("_1st", "") + rpc("_", "") + rpc("__2", "") + rpc("_ok", "") + rpc("_class", "");
    assertThat(error(file("a", service("Jobs", rpcs))).lines())
        .hasSize(3)
        .allMatch(
            line -> line.matches("a\\.proto: rpc Jobs\\._(1st|_2)?: has no name in Java: .*"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"__", "_0", "___7x", "_1_a", "_2ND"})
  void anRpcWhoseNameIsOnlyUnderscoresAndDigitsAtFirstIsRefused(String name) throws Exception {
    assertThat(error(file("a", service("Jobs", rpc("Fine", "") + rpc(name, "")))).lines())
        .singleElement()
        .asString()
        .startsWith("a.proto: rpc Jobs." + name + ": has no name in Java: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR-u-nu-arabext", "tr-TR", "hi-IN-u-nu-deva", "de-DE"})
  void theCodeIsTheSameInEveryLocale(String locale) throws Exception {
    FileDescriptorProto file =
        file("a", service("ListItems", rpc("TitleIt", "max_attempts: 1234 timeout_ms: 56789")));
    CodeGeneratorResponse plain = generate(file);
    assertThat(plain.getFileList().toString()).contains("1234, 56789L");
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag(locale));
    try {
      assertThat(generate(file)).isEqualTo(plain);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void keyThatTheRequestDoesNotHaveIsRefused() throws Exception {
    assertThat(error(file("a", service("Jobs", rpc("Run", "key: \"rooom\"")))))
        .isEqualTo(
            "a.proto: rpc Jobs.Run: (ovation.queue.method).key names \"rooom\", which a.Req does not"
                + " have; it has [id, size, tags, raw]");
  }

  @Test
  void keyOrIdThatIsNoSingleStringIsRefused() throws Exception {
    for (String field : List.of("size", "tags", "raw")) {
      assertThat(error(file("a", service("Jobs", rpc("Run", "id: \"" + field + "\"")))))
          .isEqualTo(
              "a.proto: rpc Jobs.Run: (ovation.queue.method).id names \""
                  + field
                  + "\", which is not a single string field");
    }
  }

  @Test
  void policyThatNoQueueCouldKeepIsRefused() throws Exception {
    String options =
        "max_attempts: -1 timeout_ms: -5"
            + " backoff { initial_ms: 10 max_ms: 5 factor: 0.5 jitter: 1.5 }";

    assertThat(error(file("a", service("Jobs", rpc("Run", options)))).lines())
        .hasSize(5)
        .allMatch(line -> line.startsWith("a.proto: rpc Jobs.Run: "))
        .anyMatch(line -> line.contains("max_attempts -1 must be at least 1"))
        .anyMatch(line -> line.contains("backoff.max_ms 5 is below initial_ms 10"));
  }

  @Test
  void streamingIsRefused() throws Exception {
    for (String streaming : List.of("client_streaming: true", "server_streaming: true")) {
      String rpc =
          "method { name: \"Run\" input_type: \".a.Req\" output_type: \".a.Req\" "
              + streaming
              + " }";
      assertThat(error(file("a", service("Jobs", rpc))))
          .contains("a.proto: rpc Jobs.Run: is streaming")
          .contains("remove \"stream\"");
    }
  }

  @Test
  void twoServicesOfOneQueueAreRefused() throws Exception {
    String error =
        error(
            file("a", service("Jobs", rpc("Run", ""))), file("b", service("Jobs", rpc("Run", ""))));

    assertThat(error)
        .startsWith("b.proto: service Jobs: queue \"jobs\" belongs to a.Jobs of a.proto")
        .contains("(ovation.queue.service).name");
  }

  @Test
  void servicesThatBothNameOneQueueShareIt() throws Exception {
    String named = "options { [ovation.queue.service] { name: \"work\" } }";

    assertThat(
            generate(
                    file("a", service("Jobs", named + rpc("Run", ""))),
                    file("b", service("Tasks", named + rpc("Run", ""))))
                .getError())
        .isEmpty();
    assertThat(
            error(
                file("a", service("Work", rpc("Run", ""))),
                file("b", service("Tasks", named + rpc("Run", "")))))
        .contains("queue \"work\" belongs to a.Work");
  }

  @Test
  void queueNameThatABrokerCouldNotHaveIsRefused() throws Exception {
    String named = "options { [ovation.queue.service] { name: \"My Queue\" } }";

    assertThat(error(file("a", service("Jobs", named + rpc("Run", "")))))
        .contains("a.proto: service Jobs: queue name \"My Queue\" must be 1 to 64 of");
  }

  @Test
  void serviceWithoutRpcsIsRefused() throws Exception {
    assertThat(error(file("a", service("Jobs", "")))).contains("a.proto: service Jobs: has no rpc");
  }

  @Test
  void classThatAMessageHasAlreadyIsRefused() throws Exception {
    String clash = "message_type { name: \"JobsQueue\" } options { java_multiple_files: true }";

    assertThat(error(file("a", clash + service("Jobs", rpc("Run", "")))))
        .contains("a.proto: service Jobs: class a.JobsQueue is taken by a.JobsQueue");
  }

  @Test
  void classThatAnotherServiceGeneratesIsRefused() throws Exception {
    String named = "options { [ovation.queue.service] { name: \"other\" } }";
    String samePackage = "options { java_package: \"same\" }";

    assertThat(
            error(
                file("a", samePackage + service("Jobs", rpc("Run", ""))),
                file("b", samePackage + service("Jobs", named + rpc("Run", "")))))
        .contains("b.proto: service Jobs: class same.JobsProducer is taken by a.Jobs");
  }

  @Test
  void rpcsThatJavaCanNotTellApartAreRefused() throws Exception {
    String rpcs = rpc("RunNow", "") + rpc("run_now", "") + rpc("RUN_NOW", "");

    assertThat(error(file("a", service("Jobs", rpcs))))
        .contains("a.proto: rpc Jobs.run_now: Java method enqueueRunNow is taken by rpc RunNow")
        .contains("a.proto: rpc Jobs.RUN_NOW: Java constant RUN_NOW is taken by rpc RunNow");
  }

  @Test
  void requestInTheUnnamedPackageIsRefused() throws Exception {
    FileDescriptorProto bare =
        FileDescriptorProto.newBuilder()
            .setName("bare.proto")
            .setSyntax("proto3")
            .addMessageType(DescriptorProto.newBuilder().setName("Bare"))
            .build();
    String rpc = "method { name: \"Run\" input_type: \".Bare\" output_type: \".Bare\" }";
    FileDescriptorProto user =
        file("a", service("Jobs", rpc)).toBuilder().addDependency("bare.proto").build();

    assertThat(error(bare, user))
        .startsWith("a.proto: rpc Jobs.Run: Bare is in Java's unnamed package");
  }

  @Test
  void allMistakesAreReportedTogether() throws Exception {
    String rpcs = rpc("One", "key: \"x\" id: \"size\"") + rpc("Two", "key: \"y\"");

    assertThat(error(file("a", service("Jobs", rpcs))).lines()).hasSize(3);
  }

  private static String service(String name, String body) {
    return "service { name: \"%s\" %s }".formatted(name, body);
  }

  private static String rpc(String name, String options) {
    String set = options.isEmpty() ? "" : "options { [ovation.queue.method] { " + options + " } }";
    return "method { name: \"%s\" input_type: \"Req\" output_type: \".google.protobuf.Empty\" %s }"
        .formatted(name, set);
  }

  private static FileDescriptorProto file(String name, String body) throws Exception {
    var registry = ExtensionRegistry.newInstance();
    Options.registerAllExtensions(registry);
    var file =
        FileDescriptorProto.newBuilder()
            .setName(name + ".proto")
            .setPackage(name)
            .setSyntax("proto3")
            .addDependency("google/protobuf/empty.proto")
            .addDependency("ovation/queue/options.proto");
    TextFormat.merge(REQUEST + body, registry, file);
    return file.build();
  }

  private static CodeGeneratorRequest request(FileDescriptorProto... files) {
    var request =
        CodeGeneratorRequest.newBuilder()
            .addProtoFile(com.google.protobuf.DescriptorProtos.getDescriptor().toProto())
            .addProtoFile(EmptyProto.getDescriptor().toProto())
            .addProtoFile(Options.getDescriptor().toProto());
    for (FileDescriptorProto file : files) {
      request.addProtoFile(file).addFileToGenerate(file.getName());
    }
    return request.build();
  }

  /** Through bytes, as from protoc: the options arrive as unknown fields. */
  private static CodeGeneratorResponse generate(FileDescriptorProto... files) throws Exception {
    return ProtocPlugin.generate(request(files).toByteArray());
  }

  private static String error(FileDescriptorProto... files) throws Exception {
    CodeGeneratorResponse response = generate(files);
    assertThat(response.getFileList()).isEmpty();
    return response.getError();
  }
}
