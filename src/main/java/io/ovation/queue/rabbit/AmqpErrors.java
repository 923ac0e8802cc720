package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;

/** Reads the failures of the AMQP client. */
final class AmqpErrors {
  private AmqpErrors() {}

  /** The first message down the causes. */
  static String describe(Throwable failure) {
    Throwable root = failure;
    while (root.getMessage() == null && root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.toString() : "" + root.getMessage();
  }

  /** Whether RabbitMQ closed the channel with this reply code, {@link AMQP#NOT_FOUND} say. */
  static boolean closedChannel(Throwable failure, int replyCode) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ShutdownSignalException signal
          && signal.getReason() instanceof AMQP.Channel.Close close
          && close.getReplyCode() == replyCode) {
        return true;
      }
    }
    return false;
  }
}
