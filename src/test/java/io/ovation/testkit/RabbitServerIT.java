package io.ovation.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RabbitServerIT {

  @Test
  void keepsConfirmedMessagesThroughAKillAndClosesConnectionsOnDemand() throws Exception {
    try (RabbitServer rabbit = new RabbitServer()) {
      ConnectionFactory factory = new ConnectionFactory();
      factory.setUri(rabbit.uri());
      factory.setAutomaticRecoveryEnabled(false);
      Connection first = factory.newConnection();
      Channel out = first.createChannel();
      out.queueDeclare("q", true, false, false, Map.of("x-queue-type", "quorum"));
      out.confirmSelect();
      byte[] body = "kept".getBytes(StandardCharsets.UTF_8);
      out.basicPublish("", "q", MessageProperties.PERSISTENT_BASIC, body);
      out.waitForConfirmsOrDie(10_000);

      // RabbitMQ 3.10 saves the name of a new quorum queue only after half a second; killed before
      // that, the queue never gets a leader again.
      Await.pass(Duration.ofSeconds(2));
      rabbit.restart();
      Await.until("connection lost", Duration.ofSeconds(10), () -> !first.isOpen());
      Connection second = factory.newConnection();
      GetResponse kept = second.createChannel().basicGet("q", true);
      assertThat(kept.getBody()).isEqualTo(body);

      rabbit.closeConnections();
      Await.until("connection closed", Duration.ofSeconds(10), () -> !second.isOpen());
    }
  }
}
