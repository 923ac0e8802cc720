package io.ovation.deliver.fanout;

import static io.ovation.deliver.fanout.FanOutScene.events;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.transport.WebSocketFrames;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CatchUpBufferTest {
  private final CatchUpBuffer catchUp = new CatchUpBuffer(10);

  /** Events of two bytes each. */
  private static FanOutBatch batch(long... offsets) {
    return new FanOutBatch(ByteBufAllocator.DEFAULT, events(offsets), offsets.length, 0, 1);
  }

  private List<Long> take(long position) {
    return catchUp.take(position).stream().map(OutboundMessage::offset).toList();
  }

  @Test
  void aBatchBeyondTheLimitIsNotAddedAtAll() {
    assertThat(catchUp.add(batch(1, 2, 3), 0)).isTrue();
    assertThat(catchUp.add(batch(4, 5, 6), 0)).isFalse();
    assertThat(catchUp.add(batch(4, 5), 0)).isTrue();
    catchUp.complete(List.of(), 0);
    assertThat(take(0)).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(catchUp.isEmpty()).isTrue();
  }

  @Test
  void missedEventsComeFirstAndReplaceThoseThatArrivedAlready() {
    catchUp.add(batch(3, 4, 5, 6, 7), 1);
    assertThat(catchUp.isComplete()).isFalse();
    catchUp.complete(events(2, 3, 4, 5), 5);
    assertThat(catchUp.isComplete()).isTrue();
    assertThat(take(1)).containsExactly(2L, 3L, 4L, 5L, 6L, 7L);
  }

  @Test
  void replacedAndTakenEventsMakeRoomForOthers() {
    catchUp.add(batch(1, 2, 3, 4, 5), 0);
    assertThat(catchUp.add(batch(6), 0)).isFalse();
    catchUp.complete(List.of(), 2);
    assertThat(catchUp.add(batch(6, 7), 0)).isTrue();
    assertThat(catchUp.add(batch(8), 0)).isFalse();
    take(0);
    assertThat(catchUp.add(batch(8, 9, 10, 11), 0)).isTrue();
  }

  @Test
  void eventsThatWereAddedTwiceAreTakenOnce() {
    catchUp.add(batch(1, 2), 0);
    catchUp.add(batch(1, 2), 0);
    catchUp.complete(List.of(), 0);
    assertThat(take(0)).containsExactly(1L, 2L);
  }

  @Test
  void aLongBacklogIsTakenInPortions() {
    ByteString large = ByteString.copyFrom(new byte[WebSocketFrames.SHARED / 2]);
    List<OutboundMessage> missed = new ArrayList<>();
    for (long offset = 1; offset <= 5; offset++) {
      missed.add(new OutboundMessage(offset, large));
    }
    catchUp.complete(missed, 5);
    assertThat(take(0)).containsExactly(1L, 2L);
    assertThat(take(2)).containsExactly(3L, 4L);
    assertThat(catchUp.isEmpty()).isFalse();
    assertThat(take(4)).containsExactly(5L);
    assertThat(catchUp.isEmpty()).isTrue();
  }
}
