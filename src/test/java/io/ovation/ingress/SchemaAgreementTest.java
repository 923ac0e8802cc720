package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The checks that are written by hand and the schemas of the OpenAPI file judge alike. */
class SchemaAgreementTest {
  /** The same bodies each time, so that a failure can be had again. */
  private final Random random = new Random(20260101);

  @RegisterExtension final HttpFixture node = new HttpFixture();
  private OpenApiContract contract;

  @BeforeEach
  void start() throws Exception {
    contract = new OpenApiContract(RawHttp.get(node.port, "/openapi.yaml").body());
  }

  @Test
  void theHandWrittenChecksAgreeWithTheSchema() {
    JsonObject schema = contract.schema("Comment");
    int taken = 0;
    for (int i = 0; i < 2000; i++) {
      JsonObject body = randomBody();
      String fault = OpenApiContract.fault(schema, body);
      Answer answer = RawHttp.post(node.port, "/streams/s1/comments", body.encode());
      assertThat(answer.status())
          .describedAs("%s: the schema says %s, we say %s", body, fault, answer.body())
          .isEqualTo(fault == null ? 202 : 400);
      taken += fault == null ? 1 : 0;
    }
    assertThat(taken).isBetween(200, 1800);
  }

  @Test
  void theHandWrittenChecksOfReactionsAgreeWithTheSchema() {
    JsonObject schema = contract.schema("Reaction");
    int taken = 0;
    for (int i = 0; i < 200; i++) {
      JsonObject body = randomReaction();
      String fault = OpenApiContract.fault(schema, body);
      // Which kinds there are is configured.
      Object kind = body.getValue("kind");
      boolean known = "like".equals(kind) || "clap".equals(kind);
      int status = RawHttp.post(node.port, "/streams/s1/reactions", body.encode()).status();
      assertThat(status)
          .describedAs("%s: the schema says %s", body, fault)
          .isEqualTo(fault == null && known ? 202 : 400);
      taken += status == 202 ? 1 : 0;
    }
    assertThat(taken).isBetween(20, 180);
  }

  private JsonObject randomReaction() {
    JsonObject body = randomBody();
    body.remove("text");
    if (random.nextInt(20) > 0) {
      List<Object> kinds = List.of("like", "clap", "like", "clap", "boo", "LIKE", "a b", "", 1);
      body.put("kind", kinds.get(random.nextInt(kinds.size())));
    }
    if (random.nextInt(2) > 0) {
      List<Object> counts = List.of(1, 2, 49, 50, 7, 30, 51, 0, -1, 1.5, "1", true);
      body.put("count", counts.get(random.nextInt(counts.size())));
    }
    return body;
  }

  private JsonObject randomBody() {
    JsonObject body = new JsonObject();
    for (String field : List.of("user", "text", "id", "reply_to", "extra")) {
      int limit =
          field.equals("user") ? 64 : field.equals("id") || field.equals("reply_to") ? 128 : 500;
      boolean optional = !field.equals("user") && !field.equals("text");
      if (random.nextInt(optional ? 3 : 20) > 0) {
        body.put(field, random.nextInt(12) > 0 ? randomText(limit) : randomOther());
      }
    }
    return body;
  }

  /** Mostly short, often at the limit or one beside it, with a few characters out of the way. */
  private String randomText(int limit) {
    int length = random.nextInt(4) > 0 ? 1 + random.nextInt(9) : limit - 1 + random.nextInt(3);
    length = random.nextInt(25) == 0 ? 0 : length;
    int[] odd = {'\n', 0, 0x7f, 0x85, '"', '\\', 0x1F600, 0x202E, 0xFFFD, 0x2028, 0xE9, 0x200B};
    StringBuilder text = new StringBuilder();
    int oddOneIn = random.nextBoolean() ? 1000 : 4;
    for (int i = 0; i < length; i++) {
      int plain = 'a' + random.nextInt(26);
      text.appendCodePoint(random.nextInt(oddOneIn) == 0 ? odd[random.nextInt(odd.length)] : plain);
    }
    return text.toString();
  }

  private @Nullable Object randomOther() {
    return switch (random.nextInt(5)) {
      case 0 -> null;
      case 1 -> random.nextInt();
      case 2 -> random.nextBoolean();
      case 3 -> new JsonArray().add("a");
      default -> new JsonObject().put("a", 1.5);
    };
  }
}
