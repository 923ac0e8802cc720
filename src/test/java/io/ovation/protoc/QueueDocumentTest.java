package io.ovation.protoc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import io.ovation.protoc.Protoc.Result;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code docs/queue.md} shows compiles as a reader would copy it: the contract, then the Java
 * blocks one after the other, with no more imports than they have.
 */
class QueueDocumentTest {
  private static final Path DOCUMENT = Path.of("docs/queue.md");

  @TempDir Path dir;

  @Test
  void theContractAndAllJavaBlocksCompile() throws Exception {
    assertThat(blocks("proto")).hasSize(1);
    assertThat(blocks("java")).hasSizeGreaterThanOrEqualTo(4);
    assertThat(errors(program(blocks("java")))).isEmpty();
  }

  /** Else nothing would be compiled, or against something else. */
  @Test
  void blocksWithoutAnImportOrOfAnotherContractDoNotCompile() throws Exception {
    List<String> missing = List.of("PoisonItem", "QueueConsumer", "Brokers", "Tracing");
    String broken = program(blocks("java")).replace("enqueueResize", "enqueueRotate");
    for (String name : missing) {
      broken = broken.replaceAll("import [a-z.]+\\." + name + ";\n", "");
    }
    assertThat(errors(broken)).contains(missing).contains("enqueueRotate");
  }

  private static List<String> blocks(String language) throws IOException {
    Matcher fence =
        Pattern.compile("^```" + language + "\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
            .matcher(Files.readString(DOCUMENT));
    return fence.results().map(found -> found.group(1)).toList();
  }

  /** The blocks as one method, with their imports above it. */
  private static String program(List<String> blocks) {
    StringBuilder imports = new StringBuilder("package example;\n");
    StringBuilder code = new StringBuilder("class Document {\nvoid run() {\n");
    for (String block : blocks) {
      block
          .lines()
          .forEach(line -> (line.startsWith("import ") ? imports : code).append(line + "\n"));
    }
    return imports + code.toString() + "}\n}\n";
  }

  /** What javac says of the program and the code that the contract generates. */
  private String errors(String program) throws IOException {
    Path sources = Files.createDirectories(dir.resolve("sources"));
    generate(sources);
    Files.writeString(sources.resolve("example/Document.java"), program);
    List<String> arguments = new ArrayList<>(List.of("--release", "17", "-nowarn", "-proc:none"));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path"), "-d", dir.toString()));
    try (Stream<Path> files = Files.walk(sources)) {
      files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
    }
    var errors = new ByteArrayOutputStream();
    int exit =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, errors, arguments.toArray(String[]::new));
    String text = errors.toString(StandardCharsets.UTF_8);
    assertThat(exit == 0).as(text).isEqualTo(!text.contains("error:"));
    return exit == 0 ? "" : text;
  }

  /** Messages by protoc, the queue by the plugin's classes: no jar is needed. */
  private void generate(Path into) throws IOException {
    Path contract = Files.createDirectories(dir.resolve("proto")).resolve("thumbnails.proto");
    Path descriptors = dir.resolve("descriptors");
    Files.writeString(contract, blocks("proto").get(0));
    Result result =
        Protoc.run(
            Map.of(),
            new byte[0],
            "--java_out=" + into,
            "--descriptor_set_out=" + descriptors,
            "--include_imports",
            "-I" + contract.getParent(),
            "-I" + Protoc.PROTOS,
            "-I" + Protoc.wellKnown(dir.resolve("include")),
            contract.toString());
    assertThat(result.errors()).isEmpty();
    CodeGeneratorRequest.Builder request =
        CodeGeneratorRequest.newBuilder().addFileToGenerate("thumbnails.proto");
    request.addAllProtoFile(
        FileDescriptorSet.parseFrom(Files.readAllBytes(descriptors)).getFileList());
    CodeGeneratorResponse response = ProtocPlugin.generate(request.build().toByteArray());
    assertThat(response.getError()).isEmpty();
    for (CodeGeneratorResponse.File file : response.getFileList()) {
      Files.writeString(into.resolve(file.getName()), file.getContent());
    }
  }
}
