package io.ovation.drill;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One fault.
 *
 * @param name for people
 * @param alert the one that must fire
 * @param make returns when it has happened; what it returns ends it
 */
record DrillFault(String name, String alert, Make make) {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Makes the fault. */
  interface Make {
    Runnable in(DrillCluster cluster) throws Exception;
  }

  /** Those of one list are made at the same time: none of them causes or hides another. */
  static List<List<DrillFault>> rounds() {
    return List.of(
        List.of(
            new DrillFault("clock off", "OvationClockOff", DrillFault::clockOff),
            new DrillFault("origin down", "OvationOriginDown", DrillFault::originDown),
            new DrillFault("region cut", "OvationRegionAway", DrillFault::regionCut),
            new DrillFault("dead letters growing", "OvationDeadLetters", DrillFault::deadLetters),
            new DrillFault("file limit", "OvationFilesNearLimit", DrillFault::fileLimit),
            new DrillFault(
                "certificate expired", "OvationCertificateExpired", DrillFault::expired)),
        List.of(new DrillFault("hot stream", "OvationHotPartition", DrillFault::hotStream)),
        List.of(new DrillFault("store slow", "OvationStoreSlow", DrillFault::storeSlow)),
        List.of(new DrillFault("broker full", "OvationQueueRefuses", DrillFault::brokerFull)),
        List.of(new DrillFault("node frozen", "OvationNodeDown", DrillFault::frozen)));
  }

  private static Runnable clockOff(DrillCluster cluster) {
    cluster.clock.step(Duration.ofSeconds(30));
    return () -> cluster.clock.step(Duration.ZERO);
  }

  private static Runnable originDown(DrillCluster cluster) {
    cluster.origin.down();
    JsonArray ids = new JsonArray(IntStream.range(1, 200).boxed().toList());
    Api.Answer answer =
        cluster.loaded.api().post("/callback", new JsonObject().put("object_ids", ids).encode());
    if (answer.status() != 200) {
      throw new AssertionError(answer);
    }
    return cluster.origin::up;
  }

  private static Runnable regionCut(DrillCluster cluster) {
    cluster.link.cut();
    return cluster.link::heal;
  }

  /** Somebody else writes to the queue what no dispatcher can read. */
  private static Runnable deadLetters(DrillCluster cluster) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(cluster.here.rabbit.uri());
    try (Connection connection = factory.newConnection();
        Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      for (int i = 0; i < 5; i++) {
        byte[] item = ("not an item " + i).getBytes(StandardCharsets.UTF_8);
        channel.basicPublish("", "ovation.comments.normal.0", null, item);
      }
      channel.waitForConfirmsOrDie(10_000);
    }
    return () -> {};
  }

  /** Connections come until the node has used nine tenths of its files. */
  private static Runnable fileLimit(DrillCluster cluster) throws IOException {
    List<Socket> sockets = new ArrayList<>();
    byte[] request =
        "GET /streams/show-0/events?user=crowd HTTP/1.1\r\nHost: localhost\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);
    while (used(cluster) < 0.9) {
      for (int i = 0; i < 20; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), cluster.weak.port());
        sockets.add(socket);
        socket.getOutputStream().write(request);
      }
    }
    return () -> sockets.forEach(DrillFault::close);
  }

  private static double used(DrillCluster cluster) {
    var metrics = cluster.weak.metrics();
    return metrics.sum("process_files_open_files") / metrics.sum("process_files_max_files");
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns at the second when it expires. */
  private static Runnable expired(DrillCluster cluster) {
    cluster.certificate.replaceByOneThatEndsIn(12);
    String expiry = "ovation_http_certificate_expiry_timestamp_seconds";
    Await.until(
        "the certificate to expire",
        LIMIT,
        () -> cluster.withTls.metrics().sum(expiry) * 1_000 <= System.currentTimeMillis());
    return () -> {};
  }

  private static Runnable hotStream(DrillCluster cluster) {
    HotStream crowd = new HotStream(cluster.here.rabbit.uri(), cluster.partitions());
    return crowd::close;
  }

  private static Runnable storeSlow(DrillCluster cluster) {
    cluster.store.slow(Duration.ofMillis(700));
    return cluster.store::heal;
  }

  private static Runnable brokerFull(DrillCluster cluster) {
    cluster.here.rabbit.raiseDiskAlarm();
    return cluster.here.rabbit::clearDiskAlarm;
  }

  private static Runnable frozen(DrillCluster cluster) {
    cluster.weak.pause();
    return cluster.weak::resume;
  }
}
