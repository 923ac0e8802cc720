package io.ovation.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.testkit.RawHttp;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pages of a stream's history. */
class HistoryRouteTest {
  @RegisterExtension final ModerationFixture node = new ModerationFixture();

  @Test
  void aPageOfHistoryHasTheNewestCommentsAndTheWayBack() throws Exception {
    Store store = node.realStore();
    int partition = HttpFixture.PARTITIONS.of("s1");
    long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
    for (int i = 1; i <= 5; i++) {
      byte[] body =
          ("{\"type\":\"comment\",\"stream\":\"s1\",\"id\":\"c%d\",\"user\":\"u\",\"text\":\"t\","
                  + "\"at\":\"2026-01-01T00:00:00.000Z\",\"offset\":")
              .formatted(i)
              .getBytes(UTF_8);
      store
          .append(partition, epoch, List.of(new Append("s1", "u", "c" + i, i * 10L, body)))
          .await(10, TimeUnit.SECONDS);
    }
    JsonObject page = RawHttp.get(node.port, "/streams/s1/comments?limit=2").json();
    assertThat(page.getJsonArray("comments"))
        .extracting(c -> ((JsonObject) c).getString("id"))
        .containsExactly("c4", "c5");
    assertThat(page.getLong("before")).isEqualTo(40);
    page = RawHttp.get(node.port, "/streams/s1/comments?before=40").json();
    assertThat(page.getJsonArray("comments")).hasSize(3);
    assertThat(page.getValue("before")).isNull();
    for (String bad : List.of("limit=0", "limit=101", "limit=x", "before=-0", "before=00")) {
      assertThat(RawHttp.get(node.port, "/streams/s1/comments?" + bad).status()).isEqualTo(400);
    }
  }
}
