package io.ovation.deliver.fanout;

import static io.ovation.deliver.fanout.FanOutScene.events;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.transport.WebSocketFrames;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BacklogTest {
  private final Backlog backlog = new Backlog(10);

  /** Events of two bytes each. */
  private static FanOutBatch batch(long... offsets) {
    return new FanOutBatch(ByteBufAllocator.DEFAULT, events(offsets), offsets.length, 0, 1);
  }

  private List<Long> take(long position) {
    return backlog.take(position).stream().map(OutboundMessage::offset).toList();
  }

  @Test
  void aBatchBeyondTheLimitIsNotAddedAtAll() {
    assertThat(backlog.add(batch(1, 2, 3), 0)).isTrue();
    assertThat(backlog.add(batch(4, 5, 6), 0)).isFalse();
    assertThat(backlog.add(batch(4, 5), 0)).isTrue();
    backlog.complete(List.of(), 0);
    assertThat(take(0)).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(backlog.isEmpty()).isTrue();
  }

  @Test
  void missedEventsComeFirstAndReplaceThoseThatArrivedAlready() {
    backlog.add(batch(3, 4, 5, 6, 7), 1);
    assertThat(backlog.isComplete()).isFalse();
    backlog.complete(events(2, 3, 4, 5), 5);
    assertThat(backlog.isComplete()).isTrue();
    assertThat(take(1)).containsExactly(2L, 3L, 4L, 5L, 6L, 7L);
  }

  @Test
  void replacedAndTakenEventsMakeRoomForOthers() {
    backlog.add(batch(1, 2, 3, 4, 5), 0);
    assertThat(backlog.add(batch(6), 0)).isFalse();
    backlog.complete(List.of(), 2);
    assertThat(backlog.add(batch(6, 7), 0)).isTrue();
    assertThat(backlog.add(batch(8), 0)).isFalse();
    take(0);
    assertThat(backlog.add(batch(8, 9, 10, 11), 0)).isTrue();
  }

  @Test
  void eventsThatWereAddedTwiceAreTakenOnce() {
    backlog.add(batch(1, 2), 0);
    backlog.add(batch(1, 2), 0);
    backlog.complete(List.of(), 0);
    assertThat(take(0)).containsExactly(1L, 2L);
  }

  @Test
  void aLongBacklogIsTakenInPortions() {
    ByteString large = ByteString.copyFrom(new byte[WebSocketFrames.SHARED / 2]);
    List<OutboundMessage> missed = new ArrayList<>();
    for (long offset = 1; offset <= 5; offset++) {
      missed.add(new OutboundMessage(offset, large));
    }
    backlog.complete(missed, 5);
    assertThat(take(0)).containsExactly(1L, 2L);
    assertThat(take(2)).containsExactly(3L, 4L);
    assertThat(backlog.isEmpty()).isFalse();
    assertThat(take(4)).containsExactly(5L);
    assertThat(backlog.isEmpty()).isTrue();
  }
}
