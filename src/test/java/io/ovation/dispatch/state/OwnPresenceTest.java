package io.ovation.dispatch.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamPresence.Live;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.PresenceReport;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a forwarder is answered. */
class OwnPresenceTest {
  private static final long EPOCH = 4;

  private long now = 1_000;
  private final OwnPresence presence = new OwnPresence(() -> now, () -> {});

  private PresenceReport since(PresenceReport before) {
    return presence.since(
        EPOCH,
        PresenceQuery.newBuilder()
            .setEpoch(before.getEpoch())
            .setVersion(before.getVersion())
            .build());
  }

  private PresenceReport all() {
    return since(PresenceReport.getDefaultInstance());
  }

  private static List<String> texts(PresenceReport report) {
    return report.getStreamsList().stream()
        .map(one -> one.getStream() + " " + one.getViewers() + " " + one.getLive())
        .toList();
  }

  @Test
  void onlyWhatChangedSinceTheLastReportIsToldAgain() {
    presence.viewers("s", 3);
    presence.viewers("t", 1);
    PresenceReport first = all();
    assertThat(texts(first)).containsExactly("s 3 UNHEARD", "t 1 UNHEARD");
    presence.viewers("t", 1);
    assertThat(since(first).getStreamsList()).isEmpty();
    presence.viewers("s", 0);
    assertThat(texts(since(first))).containsExactly("s 0 UNHEARD");
    assertThat(texts(all())).containsExactly("t 1 UNHEARD", "s 0 UNHEARD");
    // A report of another owner is followed by everything.
    PresenceReport foreign = first.toBuilder().setEpoch(EPOCH - 1).setVersion(900).build();
    assertThat(since(foreign).getStreamsCount()).isEqualTo(2);
  }

  @Test
  void aStreamIsLiveForAsLongAsItWasSeen() {
    presence.seen("s", 5_000);
    PresenceReport first = all();
    assertThat(texts(first)).containsExactly("s 0 LIVE");
    assertThat(first.getStreams(0).getLiveMs()).isEqualTo(5_000);
    now += 1_000;
    presence.seen("s", 5_000);
    // Not a change: the next refresh has it.
    assertThat(since(first).getStreamsList()).isEmpty();
    assertThat(all().getStreams(0).getLiveMs()).isEqualTo(5_000);
    now += 5_000;
    assertThat(texts(all())).containsExactly("s 0 DARK");
    now += 60_000;
    assertThat(all().getStreamsList()).isEmpty();
    presence.seen("s", 5_000);
    assertThat(all().getStreams(0).getLive()).isEqualTo(Live.LIVE);
  }

  @Test
  void manyStreamsComeInPages() {
    for (int i = 0; i < 4_500; i++) {
      presence.viewers("s" + i, 1);
    }
    Set<String> found = new HashSet<>();
    PresenceReport page = PresenceReport.newBuilder().setMore(true).build();
    int pages = 0;
    while (page.getMore()) {
      page = since(page);
      page.getStreamsList().stream().map(StreamPresence::getStream).forEach(found::add);
      pages++;
    }
    assertThat(found).hasSize(4_500);
    assertThat(pages).isEqualTo(3);
  }
}
