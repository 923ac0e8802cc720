package io.ovation.protoc;

import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import java.io.IOException;

/**
 * The plugin's process: protoc writes a {@code CodeGeneratorRequest} to standard input and reads a
 * {@code CodeGeneratorResponse} from standard output. Mistakes in a {@code .proto} travel inside
 * the response; only a broken pipe or request ends the process with an error.
 */
public final class ProtocPlugin {
  private ProtocPlugin() {}

  public static void main(String[] args) throws IOException {
    CodeGeneratorResponse response = Generator.generate(System.in.readAllBytes());
    response.writeTo(System.out);
    System.out.flush();
  }
}
