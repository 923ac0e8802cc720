package io.ovation.protoc;

import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import java.util.List;
import java.util.Map;

/** One run: request to model, then one small writer per generated file. */
final class Generator {
  private static final int FEATURES =
      CodeGeneratorResponse.Feature.FEATURE_PROTO3_OPTIONAL_VALUE
          | CodeGeneratorResponse.Feature.FEATURE_SUPPORTS_EDITIONS_VALUE;

  private Generator() {}

  /**
   * Generates from a serialised {@code CodeGeneratorRequest}.
   *
   * @return the files, or an error that lists every mistake found and then no file at all
   */
  static CodeGeneratorResponse generate(byte[] request) throws InvalidProtocolBufferException {
    return generate(CodeGeneratorRequest.parseFrom(request));
  }

  static CodeGeneratorResponse generate(CodeGeneratorRequest request) {
    var response =
        CodeGeneratorResponse.newBuilder()
            .setSupportedFeatures(FEATURES)
            .setMinimumEdition(Edition.EDITION_PROTO2_VALUE)
            .setMaximumEdition(Edition.EDITION_2023_VALUE);
    Map<String, FileDescriptor> files;
    try {
      files = Descriptors.link(request.getProtoFileList());
    } catch (DescriptorValidationException e) {
      return response.setError("protoc-gen-ovation: " + e.getMessage()).build();
    }
    var problems = new ErrorCollector();
    var reader = new ModelReader(new QueueOptions(files.values()), problems);
    List<ServiceModel> services =
        request.getFileToGenerateList().stream()
            .flatMap(name -> reader.services(Descriptors.get(files, name)).stream())
            .toList();
    NameClashChecker.check(services, files.values(), problems);
    if (problems.any()) {
      return response.setError(problems.text()).build();
    }
    for (ServiceModel service : services) {
      response.addFile(file(service, "Producer", ProducerWriter.write(service)));
      response.addFile(file(service, "Handler", HandlerWriter.write(service)));
      response.addFile(file(service, "Queue", QueueWriter.write(service)));
    }
    return response.build();
  }

  private static CodeGeneratorResponse.File file(
      ServiceModel service, String suffix, String content) {
    return CodeGeneratorResponse.File.newBuilder()
        .setName(service.path(suffix))
        .setContent(content)
        .build();
  }
}
