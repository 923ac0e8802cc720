package io.ovation.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.ovation.wire.proto.Announce;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Today's code understands what the versions before wrote, to the last field. */
class GoldenMessagesTest {

  @Test
  void everyFieldOfEveryMessageOfEarlierVersionsIsUnderstood() throws IOException {
    List<Path> versions;
    try (Stream<Path> files = Files.list(GoldenMessages.DIR)) {
      versions = files.toList();
    }
    assertThat(versions).isNotEmpty();
    Map<String, Descriptor> today = GoldenMessages.messages();
    for (Path version : versions) {
      for (Map.Entry<String, byte[]> sample : GoldenMessages.read(version).entrySet()) {
        String what = sample.getKey() + " of " + version.getFileName();
        assertThat(today).as(what).containsKey(sample.getKey());
        DynamicMessage read =
            DynamicMessage.parseFrom(today.get(sample.getKey()), sample.getValue());
        assertUnderstood(read, what);
      }
    }
  }

  @Test
  void aFieldThatIsGoneOrHasAnotherTypeIsNoticed() throws InvalidProtocolBufferException {
    ByteString gone =
        UnknownFieldSet.newBuilder()
            .addField(99, Field.newBuilder().addVarint(1).build())
            .build()
            .toByteString();
    ByteString retyped =
        UnknownFieldSet.newBuilder()
            .addField(3, Field.newBuilder().addVarint(1).build())
            .build()
            .toByteString();
    for (ByteString bytes : List.of(gone, retyped)) {
      Message read = DynamicMessage.parseFrom(Announce.getDescriptor(), bytes);
      assertThat(read.getUnknownFields().asMap()).isNotEmpty();
    }
  }

  @Test
  void theFrameOnTheBusIsVersionLengthAndBytes() {
    Announce sent = Announce.newBuilder().setPartition(3).setEpoch(7).setOwner("n").build();
    byte[] bytes = sent.toByteArray();
    Buffer frame = Buffer.buffer().appendByte((byte) 1).appendInt(bytes.length).appendBytes(bytes);
    Codecs.ProtoCodec<Announce> codec = new Codecs.ProtoCodec<>("a", Announce.parser());
    assertThat(codec.decodeFromWire(0, frame)).isEqualTo(sent);
    Buffer written = Buffer.buffer();
    codec.encodeToWire(written, sent);
    assertThat(written).isEqualTo(frame);
  }

  private static void assertUnderstood(Message message, String what) {
    assertThat(message.getUnknownFields().asMap()).as(what).isEmpty();
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              for (Object one : value instanceof List<?> list ? list : List.of(value)) {
                if (one instanceof Message inner) {
                  assertUnderstood(inner, what + ", " + field.getName());
                }
              }
            });
  }
}
