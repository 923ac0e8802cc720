package io.ovation.deliver.fanout;

import static io.ovation.deliver.fanout.FanOutScene.events;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.transport.Transport;
import io.ovation.metrics.Metrics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplayFramesTest {
  private static final int VIEWERS = 5_000;

  private final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(true);
  private final DeliveryMetrics metrics = new DeliveryMetrics(new Metrics());
  private final ReplayFrames frames = new ReplayFrames(alloc, metrics);

  private long direct() {
    return alloc.metric().usedDirectMemory();
  }

  @Test
  void eachPageIsEncodedOnceForAllViewersThatMissedTheSame() {
    List<OutboundMessage> missed = new ArrayList<>();
    ByteString json = ByteString.copyFrom(new byte[1_000]);
    for (long offset = 1; offset <= 300; offset++) {
      missed.add(new OutboundMessage(offset, json));
    }
    Set<Long> memory = new HashSet<>();
    List<ByteBuf> written = new ArrayList<>();
    for (int i = 0; i < VIEWERS; i++) {
      CatchUpBuffer catchUp = new CatchUpBuffer(1_000);
      catchUp.complete(List.copyOf(missed), 300);
      while (!catchUp.isEmpty()) {
        ByteBuf page = frames.frame("s", Transport.WEBSOCKET, catchUp.take(0));
        memory.add(page.memoryAddress());
        written.add(page);
      }
    }
    assertThat(memory).hasSize(5);
    assertThat(metrics.replayPages.count()).isEqualTo(5);
    assertThat(written).hasSize(5 * VIEWERS);
    assertThat(direct()).isLessThan(400_000);

    frames.clear();
    assertThat(direct()).as("sockets still send them").isPositive();
    written.forEach(ByteBuf::release);
    assertThat(direct()).isZero();
  }

  @Test
  void anotherStreamTransportRangeOrContentIsAnotherPage() {
    List<OutboundMessage> two = events(10, 20);
    List<ByteBuf> pages =
        List.of(
            frames.frame("s", Transport.WEBSOCKET, two),
            frames.frame("t", Transport.WEBSOCKET, two),
            frames.frame("s", Transport.SSE, two),
            frames.frame("s", Transport.WEBSOCKET, events(10, 15, 20)),
            frames.frame("s", Transport.WEBSOCKET, events(20)));
    assertThat(metrics.replayPages.count()).isEqualTo(5);
    assertThat(pages.get(2).toString(StandardCharsets.UTF_8)).startsWith("id: 10\ndata: e10\n\n");
    pages.forEach(ByteBuf::release);
    frames.clear();
    assertThat(direct()).isZero();
  }

  @Test
  void beyondTheBoundAPageIsItsViewersOwn() {
    List<OutboundMessage> large =
        List.of(new OutboundMessage(1, ByteString.copyFrom(new byte[9 * 1024 * 1024])));
    frames.frame("s", Transport.WEBSOCKET, large).release();
    assertThat(direct()).isZero();
  }
}
