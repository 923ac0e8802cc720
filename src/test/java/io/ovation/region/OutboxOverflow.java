package io.ovation.region;

import static io.ovation.region.RegionRing.LIMIT;
import static io.ovation.region.RegionRing.as;
import static io.ovation.region.RegionRing.awaitComment;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.Partitions;
import io.ovation.testkit.Await;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Fills an outbox of region {@code c} for {@code b} past its bound in bytes, and checks that the
 * viewers in {@code b} get one gap, which covers exactly what was dropped. The second link between
 * the two stays cut meanwhile.
 */
final class OutboxOverflow implements AutoCloseable {
  private static final String STREAM = "bounded";

  /**
   * About 3 KiB each, and an item of its own. A forwarder holds 100 items; the outbox has room for
   * some 20 behind them.
   */
  private static final int COMMENTS = 180;

  private static final String TEXT = "😀".repeat(500);
  private static final JsonObject META = new JsonObject().put("m", "m".repeat(1_000));

  /** The ban of this user is in the outbox that overflows. */
  private static final String BANNED = userOfSamePartition();

  private final RegionRing ring;
  private final TestRegion c;
  private final TestViewer inB;
  private final TestViewer inC;
  private final String first;
  private final double dropped;

  OutboxOverflow(RegionRing ring) {
    this.ring = ring;
    this.c = ring.c;
    ring.secondLink(c, ring.b).cut();
    inB = TestViewer.watch(ring.b.node(0), STREAM, "v");
    inC = TestViewer.watch(c.node(0), STREAM, "v");
    first = c.node(0).api().accepted(STREAM, "u", "first");
    inB.awaitExactly(List.of(first), LIMIT);
    dropped = droppedForB();
  }

  private static String userOfSamePartition() {
    Partitions partitions = new Partitions(4);
    return IntStream.range(0, 1_000)
        .mapToObj(i -> "troll-" + i)
        .filter(user -> partitions.of("b/*/" + user) == partitions.of(STREAM))
        .findFirst()
        .orElseThrow();
  }

  private double droppedForB() {
    String series = "ovation_region_dropped_total{region=\"b\"}";
    return c.node(0).metrics().series().getOrDefault(series, 0.0);
  }

  /** While the other region is away. */
  void fill() {
    for (int i = 0; i < COMMENTS; i++) {
      double put = c.sum("ovation_region_put_total");
      JsonObject body =
          new JsonObject().put("user", "u" + i % 9).put("text", TEXT).put("meta", META);
      assertThat(c.node(0).api().comment(STREAM, body).join().status()).isEqualTo(202);
      Await.until("outboxes", LIMIT, () -> c.sum("ovation_region_put_total") > put);
      if (i == 130) {
        as("admin", c).method("PUT", "/bans/" + BANNED, new JsonObject().put("for", "10m"));
      }
    }
  }

  void checkGap() {
    String last = c.node(0).api().accepted(STREAM, "u", "last");
    inC.await("the last", LIMIT, v -> v.events().size() == COMMENTS + 2);
    inB.awaitMessage("comment", m -> m.getString("id").equals(last));
    assertThat(droppedForB() - dropped).isEqualTo(checkGap(inC, inB));
    // A ban that was dropped holds all the same.
    awaitComment(ring.b, "any", BANNED, 403);
  }

  /**
   * Checks that what one viewer lacks is consecutive, and that one gap covers exactly that.
   *
   * @param whole a viewer in the region that accepted the events
   * @return how many it lacks
   */
  static int checkGap(TestViewer whole, TestViewer viewer) {
    viewer.checkOrdered();
    List<String> all = whole.events().stream().map(TestViewer.Event::id).toList();
    List<String> seen = viewer.events().stream().map(TestViewer.Event::id).toList();
    List<String> lost = new ArrayList<>(all);
    lost.removeAll(seen);
    assertThat(lost).isNotEmpty();
    int from = all.indexOf(lost.get(0));
    assertThat(all.subList(from, from + lost.size())).isEqualTo(lost);
    List<String> expected = new ArrayList<>(all);
    expected.removeAll(lost);
    assertThat(seen).isEqualTo(expected);
    assertThat(viewer.gaps()).hasSize(1);
    TestViewer.Gap gap = viewer.gaps().get(0);
    assertThat(gap.from()).isEqualTo(viewer.events().get(from - 1).offset() + 1);
    // While the store does not answer, time passes between the hole's offset and the event's.
    assertThat(gap.to()).isBetween(gap.from(), viewer.events().get(from).offset() - 1);
    return lost.size();
  }

  @Override
  public void close() {
    inB.close();
    inC.close();
    ring.secondLink(c, ring.b).heal();
  }
}
