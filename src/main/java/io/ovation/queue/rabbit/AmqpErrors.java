package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/** Reads the failures of the AMQP client. */
final class AmqpErrors {
  private static final Set<Integer> NO_LOGIN = Set.of(AMQP.NOT_ALLOWED, AMQP.ACCESS_REFUSED);

  private AmqpErrors() {}

  /** The first message down the causes, without a full stop: it stands inside sentences. */
  static String describe(Throwable failure) {
    String message = firstMessage(failure);
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }

  private static String firstMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getMessage() == null && root.getCause() != null) {
      root = root.getCause();
    }
    if (root.getMessage() == null && root instanceof TimeoutException) {
      return "timed out: nothing answers at its address";
    }
    return root.getMessage() == null ? root.toString() : "" + root.getMessage();
  }

  /** Whether RabbitMQ knows neither user nor password, or has no such vhost for the user. */
  static boolean refusesLogin(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AuthenticationFailureException
          || (cause instanceof ShutdownSignalException signal
              && signal.getReason() instanceof AMQP.Connection.Close close
              && NO_LOGIN.contains(close.getReplyCode()))) {
        return true;
      }
    }
    return false;
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
