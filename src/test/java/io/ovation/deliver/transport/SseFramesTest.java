package io.ovation.deliver.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseFramesTest {
  private static OutboundMessage item(long offset, String json) {
    return new OutboundMessage(offset, ByteString.copyFromUtf8(json));
  }

  @Test
  void theOffsetIsTheIdWhereThereIsOne() {
    ByteBuf bytes =
        SseFrames.messages(
            UnpooledByteBufAllocator.DEFAULT,
            List.of(item(1_764_000_000_000_000L, "{\"ü\":1}"), item(0, "{}")));
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("id: 1764000000000000\ndata: {\"ü\":1}\n\ndata: {}\n\n");
    bytes.release();
  }

  @Test
  void whatABatchEncodesIsSharedByAllWhoWantTheSame() {
    FanOutBatch batch =
        new FanOutBatch(
            UnpooledByteBufAllocator.DEFAULT,
            List.of(item(1, "{}"), item(2, "{}"), item(0, "[]")),
            2,
            1,
            1);
    ByteBuf all = batch.frame(Transport.SSE, 0, true);
    assertThat(batch.frame(Transport.SSE, 0, true)).isSameAs(all);
    assertThat(batch.frame(Transport.SSE, 1, false).toString(StandardCharsets.UTF_8))
        .isEqualTo("id: 2\ndata: {}\n\n");
    assertThat(batch.frame(Transport.SSE, 2, true).toString(StandardCharsets.UTF_8))
        .isEqualTo("data: []\n\n");
    batch.release();
    assertThat(all.refCnt()).isZero();
  }
}
