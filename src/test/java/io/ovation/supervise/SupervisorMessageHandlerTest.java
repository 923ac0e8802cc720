package io.ovation.supervise;

import static io.ovation.supervise.SupervisorFixture.batch;
import static io.ovation.supervise.SupervisorFixture.page;
import static io.ovation.supervise.SupervisorFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Segment;
import io.ovation.wire.proto.Suspended;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SupervisorMessageHandlerTest {
  private final SupervisorFixture node = new SupervisorFixture();

  private static Answer answer(long epoch, boolean accepted) {
    return Answer.newBuilder().setEpoch(epoch).setAccepted(accepted).build();
  }

  @Test
  void aBatchIsDeliveredAndAnswered() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 100, 110, 120), segment("unknown", 0, 5)));
    assertThat(node.delivered()).containsExactly(110L, 120L);
    assertThat(node.replies).containsExactly(answer(1, true));
  }

  @Test
  void anEmptyBatchIsAnswered() {
    node.receive(batch(1, 1));
    assertThat(node.replies).containsExactly(answer(1, true));
  }

  @Test
  void aLowerEpochIsRefusedOnceAHigherOneWasAnnounced() {
    node.open("s", 100);
    node.receive(Announce.newBuilder().setEpoch(5).setOwner("new").build());
    node.receive(batch(4, 1, segment("s", 100, 110)));
    assertThat(node.delivered()).isEmpty();
    assertThat(node.replies).containsExactly(answer(5, true), answer(5, false));
  }

  @Test
  void eventsThatTheNodeHasAreNotDeliveredAgain() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 100, 110)));
    node.receive(batch(1, 2, segment("s", 90, 100, 110, 120)));
    // A retried comment keeps its old offset.
    node.receive(batch(1, 3, segment("s", 150, 115)));
    assertThat(node.delivered()).containsExactly(110L, 120L);
    assertThat(node.store.waiting("history")).isZero();
    assertThat(node.replies).hasSize(3);
  }

  @Test
  void aGapBeforeASegmentIsReadFromHistoryBeforeItIsAnswered() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 120, 130)));
    node.receive(batch(1, 2, segment("s", 130, 140)));
    assertThat(node.replies).isEmpty();
    node.store.take("history").answer(page(110, 120));
    assertThat(node.delivered()).containsExactly(110L, 120L, 130L, 140L);
    assertThat(node.replies).hasSize(2);
  }

  @Test
  void aMissingBatchNumberMakesTheNodeRegisterAgain() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 100, 110)));
    assertThat(node.virtual.sent()).isEmpty();
    node.receive(batch(1, 3, segment("s", 110, 120)));
    assertThat(((Register) node.virtual.next(Register.class).body()).getAll()).isTrue();
    assertThat(node.metrics.scrape()).contains("ovation_supervise_lost_batches_total 1.0");
  }

  @Test
  void numbersBeginAgainWithANewEpoch() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 100, 110)));
    node.receive(batch(1, 2, segment("s", 110, 120)));
    node.receive(batch(2, 1, segment("s", 120, 130)));
    assertThat(node.virtual.sent()).isEmpty();
    node.receive(batch(3, 2, segment("s", 130, 140)));
    assertThat(node.virtual.sent()).as("number 1 was lost").hasSize(1);
  }

  @Test
  void aSuspensionByAStaleOwnerIsIgnored() {
    node.open("s", 100);
    node.receive(batch(5, 1));
    node.receive(Suspended.newBuilder().setEpoch(4).build());
    assertThat(node.virtual.sent()).isEmpty();
    node.receive(Suspended.newBuilder().setEpoch(5).build());
    Register register = (Register) node.virtual.next(Register.class).body();
    assertThat(register.getAll()).isTrue();
    assertThat(register.getEpoch()).isEqualTo(5);
  }

  @Test
  void whatAnOwnerSentThatTheNodeDidNotHearOfIsReadWhenTheNextOneIsAnnounced() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 100, 110)));
    // Epoch 2 was announced to other nodes, and sent them 120 and 130.
    node.receive(Announce.newBuilder().setEpoch(3).build());
    node.register(130);
    node.store.take("history").answer(page(120, 130));
    assertThat(node.delivered()).containsExactly(110L, 120L, 130L);
  }

  @Test
  void anEpochThatIsKnownIsNoReasonToRegisterAgain() {
    node.open("s", 100);
    node.receive(batch(2, 1, segment("s", 100, 110)));
    node.receive(Announce.newBuilder().setEpoch(2).build());
    assertThat(node.virtual.sent()).isEmpty();
  }

  @Test
  void aNewOwnerReceivesWhatCameWithoutTheStoreAndTheLastOffsets() {
    node.open("s", 100);
    node.open("silent", 5);
    node.receive(batch(1, 1, segment("s", 100, 110)));
    node.receive(batch(1, 2, segment("s", 110, 111, 112)).toBuilder().setUnsaved(true).build());
    node.receive(Announce.newBuilder().setEpoch(2).build());
    Answer answer = (Answer) node.replies.get(2);
    assertThat(answer.getUnsavedList())
        .extracting(Segment::getPrevious, s -> s.getEvents(0).getOffset())
        .containsExactly(tuple(110L, 111L), tuple(111L, 112L));
    assertThat(answer.getLastMap()).isEqualTo(Map.of("s", 112L));
  }

  @Test
  void aNewOwnerReceivesTheOffsetsOfWhatMayNotBeAcked() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 100, 110, 120), segment("not-watched-here", 3, 4)));
    node.receive(Announce.newBuilder().setEpoch(2).build());
    assertThat(((Answer) node.replies.get(1)).getRecentList())
        .extracting(Segment::getStream, Segment::getPrevious, s -> s.getEvents(0).getOffset())
        .containsExactly(
            tuple("s", 100L, 110L), tuple("s", 110L, 120L), tuple("not-watched-here", 3L, 4L));
  }

  @Test
  void whatTheOwnerHasWrittenIsNotReported() {
    node.open("s", 100);
    node.receive(batch(1, 1, segment("s", 100, 101)).toBuilder().setUnsaved(true).build());
    node.receive(batch(1, 2, segment("s", 101, 120)));
    node.receive(Announce.newBuilder().setEpoch(2).build());
    assertThat(((Answer) node.replies.get(2)).getUnsavedList()).isEmpty();
  }

  @Test
  void aStreamThatIsNotOpenYetDoesNotDelayTheAnswer() {
    node.requests.subscribe("s", node.shard);
    node.receive(batch(1, 1, segment("s", 100, 110)));
    assertThat(node.replies).containsExactly(answer(1, true));
  }
}
