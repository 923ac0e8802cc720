package io.ovation.chaos;

import io.ovation.testkit.Await;
import io.ovation.testkit.Balancer;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ReconnectingMembers;
import io.ovation.testkit.Servers;
import io.ovation.testkit.StreamViewers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A rolling upgrade that takes its time: two nodes of an older jar and one of this build in one
 * cluster, under viewers and comments. Each kind of node is killed and restarted, then the older
 * ones are replaced. Fails unless each viewer has received every accepted comment once, in order,
 * without a gap. Argument: the older jar.
 */
public final class MixedVersions {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final int PARTITIONS = 16;
  private static final int VIEWERS = 300;
  private static final int STREAMS = 6;
  private static final int PER_SECOND = 20;

  private final List<String> older;
  private final List<NodeProcess> nodes = new ArrayList<>();
  private final List<String> streams = StreamViewers.streams("mixed", STREAMS);

  private MixedVersions(Path older) {
    this.older = List.of(NodeProcess.java(), "-jar", older.toAbsolutePath().toString(), "-cluster");
  }

  public static void main(String[] arguments) {
    MixedVersions run = new MixedVersions(Path.of(arguments[0]));
    try {
      run.run();
      System.out.println("nothing was lost, doubled or out of order");
      System.exit(0);
    } catch (RuntimeException | AssertionError e) {
      e.printStackTrace();
      System.exit(1); // the load's threads would hold the process
    } finally {
      run.nodes.forEach(NodeProcess::close);
    }
  }

  private void run() {
    List<ClusterXml> files = ClusterXml.of(3);
    for (int i = 0; i < 3; i++) {
      NodeSpec spec =
          NodeSpec.named(i < 2 ? "older" + i : "today")
              .in(files.get(i))
              .env("OVATION_RABBITMQ_URI", Servers.rabbit().uri())
              .env("OVATION_REDIS_URI", Servers.redis().uri())
              .env("OVATION_DRAIN_PERIOD", "3s")
              .env("OVATION_VIEWER_CONNECT_RATE", "0");
      nodes.add(start(spec, i < 2));
    }
    awaitOwners();
    say("two older nodes and one of today's share the partitions: " + owned());
    try (Balancer balancer = new Balancer(nodes);
        Crowd crowd =
            new Crowd(
                CrowdProtocol.plain(streams.toArray(String[]::new)),
                new ReconnectingMembers(balancer),
                0,
                1)) {
      crowd.open(VIEWERS, LIMIT);
      try (CommentLoad load = CommentLoad.start(balancer, streams, PER_SECOND)) {
        load.awaitMore(100, LIMIT);
        step("an older node is killed", crowd, load, 0, true, true);
        step("today's node is killed", crowd, load, 2, true, false);
        step("an older node is restarted", crowd, load, 1, false, true);
        step("today's node is restarted", crowd, load, 2, false, false);
        step("an older node is replaced", crowd, load, 0, false, false);
        step("the last older node is replaced", crowd, load, 1, false, false);
        load.finish(LIMIT);
        check(crowd, load);
        say("%d comments, %s".formatted(load.total(), load));
      }
    }
  }

  /** Ends a node, and starts it again by either jar once its viewers are elsewhere. */
  private void step(
      String what, Crowd crowd, CommentLoad load, int index, boolean kill, boolean asOlder) {
    long begun = System.nanoTime();
    NodeProcess node = nodes.get(index);
    if (kill) {
      node.kill();
    } else if (node.terminate() != 0) {
      throw new AssertionError(node + " did not end cleanly\n" + node.logTail(40));
    }
    awaitBack(crowd);
    awaitOwners();
    nodes.set(index, start(node.spec(), asOlder));
    awaitOwners();
    load.awaitMore(2 * PER_SECOND, LIMIT);
    say("%s: %.1f s".formatted(what, (System.nanoTime() - begun) / 1e9));
  }

  private NodeProcess start(NodeSpec spec, boolean asOlder) {
    NodeProcess node = asOlder ? NodeProcess.start(spec, older) : NodeProcess.start(spec);
    return node.awaitReady();
  }

  private static void awaitBack(Crowd crowd) {
    Await.until(
        () -> crowd.watching() + " of " + VIEWERS + " viewers are back",
        LIMIT,
        () -> crowd.watching() == VIEWERS);
  }

  private void awaitOwners() {
    Await.until(
        () -> "each partition to have one owner, now " + owned(),
        LIMIT,
        () -> owned().stream().mapToInt(Integer::intValue).sum() == PARTITIONS);
  }

  private List<Integer> owned() {
    return nodes.stream()
        .filter(NodeProcess::alive)
        .map(node -> (int) node.metrics().sum("ovation_dispatch_partitions_owned"))
        .toList();
  }

  private void check(Crowd crowd, CommentLoad load) {
    for (int s = 0; s < STREAMS; s++) {
      int stream = s;
      long total = load.accepted(streams.get(s)).size();
      Await.until(
          () -> "each viewer has all " + total + " of a stream; " + crowd.counts(),
          LIMIT,
          () -> have(crowd, stream, total));
    }
    if (crowd.gaps() + crowd.disordered() > 0) {
      throw new AssertionError(
          crowd.gaps() + " gaps, " + crowd.disordered() + " events out of order");
    }
  }

  /** Exactly: one more would be a comment that came twice. */
  private static boolean have(Crowd crowd, int stream, long total) {
    return crowd.members().stream()
        .filter(member -> member.number() % STREAMS == stream)
        .allMatch(member -> member.count() == total);
  }

  private static void say(String what) {
    System.out.println(what);
  }
}
