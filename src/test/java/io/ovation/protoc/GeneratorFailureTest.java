package io.ovation.protoc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Whatever goes wrong inside the generator is one line of its own, never a stack trace. */
class GeneratorFailureTest {
  private static String failure(byte[] request) {
    return ProtocPlugin.run(new ByteArrayInputStream(request), new ByteArrayOutputStream());
  }

  private static void assertLine(String failure, String why) {
    assertThat(failure)
        .startsWith("protoc-gen-ovation: ")
        .contains(why)
        .doesNotContain("\n", "\tat ");
  }

  private static byte[] generating(FileDescriptorProto.Builder file, String name) {
    return CodeGeneratorRequest.newBuilder()
        .addProtoFile(file)
        .addFileToGenerate(name)
        .build()
        .toByteArray();
  }

  @Test
  void whatIsNotARequestOfProtoc() {
    byte[] text = "syntax = \"proto3\";\n".getBytes(StandardCharsets.UTF_8);
    assertLine(failure(text), "let protoc run this program");
  }

  @Test
  void aRequestThatIsCutOff() {
    byte[] whole = generating(FileDescriptorProto.newBuilder().setName("a.proto"), "a.proto");
    assertLine(failure(Arrays.copyOf(whole, whole.length - 3)), "let protoc run");
  }

  @Test
  void aFileOfWhichNoDescriptorWasSent() {
    byte[] other = generating(FileDescriptorProto.newBuilder().setName("a.proto"), "b.proto");
    assertLine(failure(other), "protoc sent no descriptor of b.proto");
  }

  @Test
  void anImportThatWasNotSent() {
    var importing = FileDescriptorProto.newBuilder().setName("a.proto").addDependency("c\n.proto");
    assertLine(failure(generating(importing, "a.proto")), "no descriptor of c .proto");
  }

  @Test
  void pipesThatBreak() {
    InputStream in =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("broken\npipe");
          }
        };
    assertLine(ProtocPlugin.run(in, OutputStream.nullOutputStream()), "broken pipe");
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left");
          }
        };
    assertLine(ProtocPlugin.run(new ByteArrayInputStream(new byte[0]), out), "No space left");
  }

  @Test
  void anEmptyRequestIsNoFailure() {
    assertThat(failure(new byte[0])).isEmpty();
  }
}
