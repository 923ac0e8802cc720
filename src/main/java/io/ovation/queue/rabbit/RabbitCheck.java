package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeoutException;

/**
 * Checks a RabbitMQ before a node uses it: that it answers, that its user may declare, publish and
 * consume, and what waits. Declares one queue, which it deletes. Blocks for some seconds at most.
 */
public final class RabbitCheck {
  private static final int CONFIRM_MS = 5_000;
  private static final String RIGHTS =
      "the user may not %s: rabbitmqctl set_permissions -p <vhost> <user> '.*' '.*' '.*' (%s)";

  private RabbitCheck() {}

  /**
   * @param notes what is in order
   * @param problems what is not, each with what to do
   */
  public record Result(List<String> notes, List<String> problems) {}

  public static Result run(Config.Rabbitmq config) {
    Result result = new Result(new ArrayList<>(), new ArrayList<>());
    try {
      AmqpUri uri = AmqpUri.parse(config.uri());
      try (Connection connection =
          ConnectionFactories.of(config).newConnection(uri.addresses(), "ovation-check")) {
        Object version = connection.getServerProperties().get("version");
        result.notes.add(uri.servers() + " answers, version " + version);
        rights(connection, result);
        depths(connection, result);
      }
    } catch (ConfigException e) {
      result.problems.add(e.getMessage());
    } catch (PossibleAuthenticationFailureException e) {
      result.problems.add("refused the login: check user, password and vhost of rabbitmq.uri");
    } catch (IOException | TimeoutException e) {
      result.problems.add(
          "can't be reached or refused (%s): start it, check rabbitmq.uri and the firewall"
              .formatted(AmqpErrors.describe(e)));
    }
    return result;
  }

  private static void rights(Connection connection, Result result) throws IOException {
    String name = "ovation.check." + UUID.randomUUID();
    String doing = "declare queues";
    Channel channel = connection.createChannel();
    try {
      channel.queueDeclare(name, true, false, false, Map.of("x-queue-type", "quorum"));
      doing = "publish";
      channel.confirmSelect();
      channel.basicPublish("", name, null, new byte[] {1});
      channel.waitForConfirmsOrDie(CONFIRM_MS);
      doing = "consume";
      channel.basicGet(name, true);
      result.notes.add("a quorum queue takes, confirms and gives an item");
    } catch (IOException | ShutdownSignalException e) {
      result.problems.add(
          AmqpErrors.closedChannel(e, AMQP.ACCESS_REFUSED)
              ? RIGHTS.formatted(doing, AmqpErrors.describe(e))
              : "failed to %s: %s".formatted(doing, AmqpErrors.describe(e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      result.problems.add(
          "does not confirm a publish within 5 s: look for an alarm (rabbitmqctl status), free disk"
              + " or memory, or start the other nodes of its cluster");
    } finally {
      delete(connection, name);
    }
  }

  private static void delete(Connection connection, String name) {
    try {
      connection.createChannel().queueDelete(name);
    } catch (IOException | RuntimeException e) {
      // It may not be declared at all.
    }
  }

  private static void depths(Connection connection, Result result) {
    for (String queue : List.of("comments", "reactions", "liveness", "packages")) {
      String first = new QueueName(queue, Lane.NORMAL, 0).text();
      long dead = messages(connection, Topology.dead(queue));
      if (messages(connection, first) < 0) {
        result.notes.add("the queues of " + queue + " do not exist: the first node declares them");
      } else if (dead > 0) {
        result.problems.add(
            "%s has %d dead letters: read them at /queue/dead-letters?queue=%1$s on the operators' port"
                .formatted(queue, dead));
      } else {
        result.notes.add("the queues of " + queue + " exist and have no dead letters");
      }
    }
  }

  /** -1 if there is no such queue. */
  private static long messages(Connection connection, String queue) {
    try {
      return connection.createChannel().queueDeclarePassive(queue).getMessageCount();
    } catch (IOException e) {
      return -1;
    }
  }
}
