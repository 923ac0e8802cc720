package io.ovation.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.live.proto.StreamEvent;
import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Effect;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The HTTP API, called with tokens {@code role user streams}; held comments and retained events are
 * put into its real store.
 */
final class ModerationFixture extends HttpFixture {
  static final String VIEWER = "viewer alice s1";
  static final String MODERATOR = "moderator mod s1";
  static final String HOST = "host host s1";
  static final String ADMIN = "admin root *";

  /** The content type of requests. */
  String type = "application/json";

  Answer send(String method, String path, String token, String body) {
    try (RawHttp http = new RawHttp(port)) {
      byte[] bytes = body.getBytes(UTF_8);
      String head = RawHttp.head(method, path, type, bytes.length);
      String authorization = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
      int end = head.indexOf("\r\n") + 2;
      http.write(head.substring(0, end) + authorization + head.substring(end) + body);
      return http.read();
    }
  }

  StreamEvent nextPublished() {
    return Objects.requireNonNull(published.poll(), "nothing was published");
  }

  void hold(String user, String id, String text) throws Exception {
    Store store = realStore();
    int partition = PARTITIONS.of("s1");
    JsonObject held =
        JsonObject.of("type", "held", "stream", "s1", "id", id, "user", user, "text", text)
            .put("why", "words")
            .put("meta", JsonObject.of("a", 1))
            .put("at", "2026-01-01T00:00:00.000Z");
    String json = held.encode();
    byte[] body = (json.substring(0, json.length() - 1) + ",\"offset\":").getBytes(UTF_8);
    Effect pin = Effect.pin(Effect.held(user, id), 60_000, 9);
    Append item = new Append("s1", "", "held/" + user + "/" + id, 0, body, false, true, pin);
    long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
    store.append(partition, epoch, List.of(item)).await(10, TimeUnit.SECONDS);
  }

  void pinRetained(String name) throws Exception {
    Store store = realStore();
    int partition = PARTITIONS.of("s1");
    long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
    byte[] body = "{\"type\":\"event\",\"offset\":".getBytes(UTF_8);
    Effect pin = Effect.pin("r" + name, 60_000, 16);
    Append item = new Append("s1", "", name, 0, body, false, false, pin);
    store.append(partition, epoch, List.of(item)).await(10, TimeUnit.SECONDS);
  }
}
