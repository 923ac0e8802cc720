package io.ovation.deliver.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.http.problem.ProblemException;
import io.vertx.core.json.JsonArray;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WebSocketFramesTest {

  private static List<String> payloads(ByteBuf frames) {
    List<String> payloads = new ArrayList<>();
    while (frames.isReadable()) {
      assertThat(frames.readUnsignedByte()).isEqualTo((short) 0x81);
      long length = frames.readUnsignedByte();
      if (length == 126) {
        length = frames.readUnsignedShort();
        assertThat(length).isGreaterThan(125);
      } else if (length == 127) {
        length = frames.readLong();
        assertThat(length).isGreaterThan(65_535);
      }
      payloads.add(frames.readCharSequence((int) length, StandardCharsets.UTF_8).toString());
    }
    frames.release();
    return payloads;
  }

  private static List<String> frames(boolean sockJs, String... messages) {
    List<OutboundMessage> items = new ArrayList<>();
    for (String message : messages) {
      items.add(new OutboundMessage(items.size() + 1, ByteString.copyFromUtf8(message)));
    }
    return payloads(
        WebSocketFrames.messages(
            UnpooledByteBufAllocator.DEFAULT,
            items,
            sockJs ? Transport.SOCKJS : Transport.WEBSOCKET));
  }

  @Test
  void messagesShareOneTextFrameSeparatedByNewlines() {
    assertThat(frames(false, "{\"a\":1}", "{\"b\":\"ü👏\"}"))
        .containsExactly("{\"a\":1}\n{\"b\":\"ü👏\"}");
  }

  @Test
  void sockJsMessagesShareOneArrayOfEscapedStrings() {
    String tricky = "{\"text\":\"a\\\\b \\\"q\\\" ü👏\t\u0001\"}";
    List<String> frames = frames(true, tricky, "{}");
    assertThat(frames).hasSize(1);
    assertThat(frames.get(0)).startsWith("a[\"").endsWith("\"]");
    JsonArray array = new JsonArray(frames.get(0).substring(1));
    assertThat(array.getList()).isEqualTo(List.of(tricky, "{}"));
  }

  @Test
  void everyLengthOfHeaderIsRight() {
    for (int size : new int[] {0, 125, 126, 65_535, 65_536, 100_000}) {
      assertThat(frames(false, "x".repeat(size))).containsExactly("x".repeat(size));
    }
  }

  @Test
  void muchIsSplitBetweenMessages() {
    String message = "y".repeat(30_000);
    List<String> frames = frames(false, message, message, message, message, message);
    assertThat(frames).containsExactly(message + "\n" + message, message + "\n" + message, message);
    assertThat(frames(true, message, message, message)).hasSize(2);
  }

  @Test
  void aBatchIsEncodedOncePerTransportAndFirstMessage() {
    FanOutBatch batch =
        new FanOutBatch(
            UnpooledByteBufAllocator.DEFAULT,
            List.of(
                new OutboundMessage(5, ByteString.copyFromUtf8("{\"o\":5}")),
                new OutboundMessage(9, ByteString.copyFromUtf8("{\"o\":9}")),
                new OutboundMessage(0, ByteString.copyFromUtf8("{\"live\":true}"))),
            2,
            1,
            1);
    assertThat(batch.frame(Transport.WEBSOCKET, 0, false))
        .isSameAs(batch.frame(Transport.WEBSOCKET, 0, false));
    assertThat(batch.after(9)).isEqualTo(2);
    assertThat(payloads(batch.frame(Transport.WEBSOCKET, 1, true).retainedDuplicate()))
        .containsExactly("{\"o\":9}\n{\"live\":true}");
    assertThat(payloads(batch.frame(Transport.WEBSOCKET, 2, true).retainedDuplicate()))
        .containsExactly("{\"live\":true}");
    assertThat(batch.after(4)).isZero();
    assertThat(batch.after(5)).isEqualTo(1);
    assertThat(batch.after(8)).isEqualTo(1);
    ByteBuf end = batch.frame(Transport.WEBSOCKET, 1, false).retainedDuplicate();
    batch.release();
    assertThat(payloads(end)).containsExactly("{\"o\":9}");
  }

  @Test
  void aSockJsFrameFromAClientIsAnArrayOfStringsOrOne() {
    assertThat(texts("[\"{}\",\"a\"]")).containsExactly("{}", "a");
    assertThat(texts("\"{}\"")).containsExactly("{}");
    assertThat(texts("")).isEmpty();
    assertThat(texts("[]")).isEmpty();
    for (String bad :
        List.of("{}", "[1]", "[\"a\"", "null", "\"a\",\"m\":\"b\"", "\"a\",\"n\":1")) {
      assertThatThrownBy(() -> texts(bad)).as(bad).isInstanceOf(ProblemException.class);
    }
  }

  private static List<String> texts(String frame) {
    return SockJsFrames.messages(frame.getBytes(StandardCharsets.UTF_8)).stream()
        .map(message -> new String(message, StandardCharsets.UTF_8))
        .toList();
  }
}
