package io.ovation.queue.typed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.PoisonItem.Reason;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What consumers of comment partitions rely on. */
class CommentsQueueTest {
  private static final CommentRequest HELLO =
      CommentRequest.newBuilder().setStream("s1").setText("hello").setId("c-1").build();
  private static final QueueItem PLAIN =
      QueueItem.newBuilder()
          .setService("ovation.live.Comments")
          .setMethod("Comment")
          .setPayload(HELLO.toByteString())
          .build();

  @Test
  void contractIsTheProtosContract() {
    assertThat(CommentsQueue.contract().queue()).isEqualTo("comments");
    assertThat(CommentsQueue.contract().service()).isEqualTo("ovation.live.Comments");
    assertThat(CommentsQueue.contract().lanes()).containsExactly(Lane.NORMAL);
    assertThat(CommentsQueue.contract().methods()).containsOnlyKeys("Comment", "Publish", "Arrive");
  }

  @Test
  void fieldsOneToThreeAloneAreAValidItem() {
    Item<CommentRequest> item = CommentsQueue.COMMENT.decode(PLAIN.toByteArray());

    assertThat(item.request()).isEqualTo(HELLO);
    assertThat(item.meta().id()).isEqualTo("c-1");
    assertThat(item.meta().key()).isEqualTo("s1");
    assertThat(item.meta().createdAtMs()).isZero();
  }

  @Test
  void envelopesIdAndKeyWinOverTheRequests() {
    QueueItem item = PLAIN.toBuilder().setId("e-1").setKey("s2").build();

    ItemMetadata meta = CommentsQueue.COMMENT.decode(item.toByteArray()).meta();

    assertThat(meta.id()).isEqualTo("e-1");
    assertThat(meta.key()).isEqualTo("s2");
  }

  @Test
  void bytesThatAreNoItemAreACorruptEnvelope() {
    assertThat(reason("not an item".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(Reason.CORRUPT_ENVELOPE);
  }

  @Test
  void emptyItemIsOfAnUnknownService() {
    assertThat(reason(new byte[0])).isEqualTo(Reason.UNKNOWN_SERVICE);
  }

  @Test
  void anotherServicesItemIsPoison() {
    assertThat(reason(PLAIN.toBuilder().setService("other.Service").build().toByteArray()))
        .isEqualTo(Reason.UNKNOWN_SERVICE);
  }

  @Test
  void unknownMethodIsPoison() {
    assertThat(reason(PLAIN.toBuilder().setMethod("comment").build().toByteArray()))
        .isEqualTo(Reason.UNKNOWN_METHOD);
  }

  @Test
  void payloadThatIsNotTheRequestIsPoison() {
    ByteString cut = HELLO.toByteString().substring(0, HELLO.getSerializedSize() - 1);

    assertThat(reason(PLAIN.toBuilder().setPayload(cut).build().toByteArray()))
        .isEqualTo(Reason.BAD_PAYLOAD);
  }

  /** Both ways to decode must give the same reason. */
  private static Reason reason(byte[] bytes) {
    PoisonItem any = catchThrowableOfType(PoisonItem.class, () -> CommentsQueue.decode(bytes));
    PoisonItem one =
        catchThrowableOfType(PoisonItem.class, () -> CommentsQueue.COMMENT.decode(bytes));
    assertThat(one.reason()).isEqualTo(any.reason());
    assertThat(one).hasMessageStartingWith(one.reason().text() + ": ");
    return one.reason();
  }
}
