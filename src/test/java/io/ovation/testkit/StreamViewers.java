package io.ovation.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Viewers of several streams on several nodes, and the checks of what they saw. */
public final class StreamViewers implements AutoCloseable {
  private final Map<String, List<TestViewer>> viewers = new HashMap<>();

  /** {@code each} viewers of every stream on every node; all are watching. */
  public static StreamViewers watch(List<NodeProcess> nodes, List<String> streams, int each) {
    StreamViewers all = new StreamViewers();
    for (String stream : streams) {
      List<TestViewer> list = new ArrayList<>();
      for (NodeProcess node : nodes) {
        for (int i = 0; i < each; i++) {
          String user = "v-%s-%s-%d".formatted(stream, node.spec().name(), i);
          list.add(TestViewer.watch(node, stream, user));
        }
      }
      all.viewers.put(stream, list);
    }
    return all;
  }

  /** Stream names of a test's own. */
  public static List<String> streams(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
  }

  /** Everyone saw exactly the accepted ids of its stream, in the same order, and no gap. */
  public void awaitExactly(Function<String, Set<String>> accepted, Duration limit) {
    viewers.forEach(
        (stream, list) -> {
          Set<String> ids = accepted.apply(stream);
          list.forEach(viewer -> viewer.awaitExactly(ids, limit));
          list.forEach(viewer -> checkSame(viewer, list.get(0), TestViewer.Event::id));
        });
  }

  /** Everyone saw the same comments under the same offsets. */
  public void checkSameOffsets() {
    viewers.forEach(
        (stream, list) ->
            list.forEach(viewer -> checkSame(viewer, list.get(0), TestViewer.Event::offset)));
  }

  private static void checkSame(
      TestViewer one, TestViewer other, Function<TestViewer.Event, Object> what) {
    List<Object> ones = one.events().stream().map(what).toList();
    List<Object> others = other.events().stream().map(what).toList();
    for (int i = 0; i < Math.min(ones.size(), others.size()); i++) {
      if (!ones.get(i).equals(others.get(i))) {
        throw new AssertionError(
            "event %d is %s for %s and %s for %s"
                .formatted(i, one.events().get(i), one, other.events().get(i), other));
      }
    }
  }

  /**
   * Everyone is connected and in order, and each accepted id that it did not see is in a gap that
   * it received. The first viewer to miss something without a gap fails the test.
   */
  public void awaitExactlyOrGaps(Function<String, Set<String>> accepted, Duration limit) {
    viewers.forEach(
        (stream, list) -> {
          Map<String, Long> offsets = new HashMap<>();
          list.forEach(v -> v.events().forEach(e -> offsets.put(e.id(), e.offset())));
          list.forEach(viewer -> viewer.awaitAllOrGaps(accepted.apply(stream), offsets, limit));
        });
  }

  public List<TestViewer> all() {
    return viewers.values().stream().flatMap(List::stream).toList();
  }

  public List<TestViewer> of(String stream) {
    return viewers.getOrDefault(stream, List.of());
  }

  /** Fails if a connection ended. */
  public void checkConnected() {
    all().stream()
        .filter(TestViewer::closed)
        .findFirst()
        .ifPresent(
            viewer -> {
              throw new AssertionError(viewer + " was disconnected");
            });
  }

  @Override
  public void close() {
    all().forEach(TestViewer::close);
  }
}
