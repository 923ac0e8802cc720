package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RabbitServer;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestOrigin;
import io.ovation.testkit.TestViewer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a node publishes to an exchange of a real RabbitMQ that restarts meanwhile. */
@ExtendWith(ShowLogs.class)
class PublishedEventsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final String QUEUE = "archive";

  private final List<JsonObject> received = new ArrayList<>();

  private static String token() {
    return TokenSigner.sign(
        SECRET,
        JsonObject.of("sub", "mod", "role", "moderator", "streams", JsonArray.of("*"))
            .put("exp", System.currentTimeMillis() / 1000 + 600));
  }

  private void drain(String uri) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(uri);
    try (Connection connection = factory.newConnection();
        Channel channel = connection.createChannel()) {
      for (GetResponse next = channel.basicGet(QUEUE, true);
          next != null;
          next = channel.basicGet(QUEUE, true)) {
        JsonObject event = new JsonObject(Buffer.buffer(next.getBody()));
        assertThat(next.getProps().getMessageId()).isEqualTo(event.getString("id")).isNotEmpty();
        assertThat(next.getEnvelope().getRoutingKey()).contains(event.getString("kind"));
        received.add(event);
      }
    }
  }

  private void await(String uri, String kind, Predicate<JsonObject> which) {
    Await.until(
        kind,
        LIMIT,
        () -> {
          try {
            drain(uri);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          return received.stream()
              .anyMatch(it -> it.getString("kind").equals(kind) && which.test(it));
        });
  }

  private static String kind(JsonObject event) {
    return event.getString("kind");
  }

  private static Predicate<JsonObject> stream(String name) {
    return it -> name.equals(it.getString("stream"));
  }

  private static Predicate<JsonObject> event(String field, String value) {
    return it -> value.equals(it.getJsonObject("event").getString(field));
  }

  @Test
  void whatHappensIsPublishedAlsoWhenTheBrokerRestarts() throws Exception {
    try (RabbitServer rabbit = new RabbitServer();
        TestOrigin origin = new TestOrigin().atOnce()) {
      NodeSpec spec =
          NodeSpec.named("publishing")
              .env("OVATION_AUTH_SECRET", SECRET)
              .env("OVATION_RABBITMQ_URI", rabbit.uri())
              .env("OVATION_LIVENESS_ORIGIN", origin.uri())
              .env("OVATION_LIVENESS_TTL", "5s")
              .env("OVATION_PUBLISH_PATIENCE", "5m") // The restart may take long on a busy machine.
              .env("OVATION_PUBLISH_EXCHANGE", "show");
      try (NodeProcess node = NodeProcess.start(spec).awaitReady()) {
        bind(rabbit.uri());
        Api moderator = Api.withToken(node.port(), token());
        List<String> accepted = new ArrayList<>();
        try (TestViewer viewer = TestViewer.watch(node, "s1", "bob")) {
          accepted.add(node.api().accepted("s1", "alice", "first"));
          viewer.awaitMessage("comment", m -> m.getString("text").equals("first"));
          await(rabbit.uri(), "occupied", stream("s1"));
        }
        TestViewer ofSeven = TestViewer.watch(node, "7", "bob");
        await(rabbit.uri(), "occupied", stream("7"));
        assertThat(node.api().post("/callback", "{\"object_ids\":[7]}").status()).isEqualTo(200);
        await(rabbit.uri(), "live", stream("7"));
        // Its time ends about when the broker is away.
        rabbit.restart();
        Await.until(
            "the queue to accept again",
            LIMIT,
            () -> {
              Api.Answer answer =
                  node.api().post("/streams/s1/comments", "{\"user\":\"alice\",\"text\":\"more\"}");
              if (answer.status() == 202) {
                accepted.add(answer.json().getString("id"));
              }
              return accepted.size() == 10;
            });
        for (String id : accepted) {
          await(rabbit.uri(), "accepted", event("id", id));
        }
        String first = accepted.get(0);
        moderator.method("DELETE", "/streams/s1/comments/" + first + "?user=alice");
        moderator.method("PUT", "/streams/s1/bans/alice", JsonObject.of("purge", true));
        String report = "{\"user\":\"bob\",\"reason\":\"rude\"}";
        node.api().post("/streams/s1/comments/" + accepted.get(1) + "/reports", report);
        await(rabbit.uri(), "deleted", event("id", first));
        await(rabbit.uri(), "purged", event("user", "alice"));
        await(rabbit.uri(), "banned", event("user", "alice"));
        await(rabbit.uri(), "reported", event("reason", "rude"));
        await(rabbit.uri(), "audit", event("action", "ban"));
        await(rabbit.uri(), "vacated", stream("s1"));
        await(rabbit.uri(), "dark", stream("7"));
        ofSeven.close();
        await(rabbit.uri(), "vacated", stream("7"));
        // One that was sent again has the id that it had.
        Map<String, Set<String>> kinds = new HashMap<>();
        received.stream()
            .filter(stream("7"))
            .forEach(
                it ->
                    kinds.computeIfAbsent(it.getString("id"), id -> new HashSet<>()).add(kind(it)));
        assertThat(kinds.values()).allMatch(of -> of.size() == 1);
      }
    }
  }

  private static void bind(String uri) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(uri);
    try (Connection connection = factory.newConnection();
        Channel channel = connection.createChannel()) {
      channel.queueDeclare(QUEUE, true, false, false, null);
      channel.queueBind(QUEUE, "show", "#");
    }
  }
}
