package io.ovation.drill;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.ovation.live.proto.CommentRequest;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.QueueItem;

/**
 * Comments of one stream that come faster than its partition carries them, written to its queue as
 * many nodes with the role ingress would, until it is closed.
 */
final class HotStream implements AutoCloseable {
  private static final String STREAM = "final";
  private static final int UNCONFIRMED = 500;

  private final String uri;
  private final String queue;
  private final Thread thread = new Thread(this::run, "hot-stream");
  private volatile boolean closed;

  HotStream(String uri, Partitions partitions) {
    this.uri = uri;
    this.queue = "ovation.comments.normal." + partitions.of(STREAM);
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      ConnectionFactory factory = new ConnectionFactory();
      factory.setUri(uri);
      try (Connection connection = factory.newConnection();
          Channel channel = connection.createChannel()) {
        channel.confirmSelect();
        AMQP.BasicProperties durable = new AMQP.BasicProperties.Builder().deliveryMode(2).build();
        for (int i = 0; !closed; i++) {
          channel.basicPublish("", queue, durable, item(i).toByteArray());
          if (i % UNCONFIRMED == 0) {
            channel.waitForConfirmsOrDie(30_000);
          }
        }
        // What still waits would hide the next fault.
        channel.queuePurge(queue);
      }
    } catch (Exception e) {
      throw new IllegalStateException("the hot stream ended", e);
    }
  }

  private static QueueItem item(int number) {
    CommentRequest comment =
        CommentRequest.newBuilder()
            .setStream(STREAM)
            .setUser("u" + number % 1_000)
            .setText("goal!")
            .setId("goal-" + number)
            .setAtMs(System.currentTimeMillis())
            .build();
    return QueueItem.newBuilder()
        .setService("ovation.live.Comments")
        .setMethod("Comment")
        .setPayload(comment.toByteString())
        .setId(comment.getId())
        .setKey(STREAM)
        .setCreatedAtMs(comment.getAtMs())
        .build();
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
