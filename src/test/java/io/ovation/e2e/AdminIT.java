package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.ovation.live.proto.CommentRequest;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.QueueItem;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.ProxyServer;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The operators' page in Chromium, on a cluster of two behind nginx. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class AdminIT {
  private static final String STREAM = "admin";
  private static final String TEXT = "From beyond <b>&";
  private static final String TOKEN = "a-token-of-operators";

  @Test
  void aDeadLetterIsReadSentBackAndHandledAndANodeIsDrainedWhileItsViewersMove() throws Exception {
    try (TestCluster cluster =
            TestCluster.start(
                Map.of("OVATION_DRAIN_PERIOD", "1s", "OVATION_OPERATE_TOKEN", TOKEN), ALL, ALL);
        ProxyServer proxy = ProxyServer.nginx(cluster.node(0).port(), cluster.node(1).port())) {
      putDeadLetter();
      NodeScript.run(
          "admin.mjs",
          "http://127.0.0.1:" + cluster.node(0).spec().operatePort(),
          TOKEN,
          "http://127.0.0.1:" + proxy.port(),
          cluster.node(1).operators().get("/partitions").json().getString("node"),
          TEXT);
    }
  }

  /** A comment as a dispatcher gives it up, by a fault that has been repaired since. */
  private static void putDeadLetter() throws Exception {
    CommentRequest comment =
        CommentRequest.newBuilder()
            .setStream(STREAM)
            .setUser("ghost")
            .setText(TEXT)
            .setId("lost-1")
            .setAtMs(System.currentTimeMillis())
            .build();
    QueueItem item =
        QueueItem.newBuilder()
            .setService("ovation.live.Comments")
            .setMethod("Comment")
            .setPayload(comment.toByteString())
            .setId("lost-1")
            .setKey(STREAM)
            .build();
    Map<String, Object> headers =
        Map.of(
            "ovation-queue",
            "ovation.comments.normal." + new Partitions(16).of(STREAM),
            "ovation-reason",
            "it ended three processes",
            "ovation-attempts",
            3);
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(Servers.rabbit().uri());
    try (Connection connection = factory.newConnection();
        Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      AMQP.BasicProperties properties =
          new AMQP.BasicProperties.Builder()
              .deliveryMode(2)
              .messageId("000000000001-00000000-00000000")
              .headers(headers)
              .build();
      channel.basicPublish("", "ovation.comments.dead", properties, item.toByteArray());
      channel.waitForConfirmsOrDie(10_000);
    }
  }
}
