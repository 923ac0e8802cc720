package io.ovation.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private AuditLog log(Path file, long bytes) {
    InstantSource clock = InstantSource.fixed(Instant.ofEpochMilli(1_767_225_600_000L));
    return new AuditLog(vertx, file, bytes, 3, clock, metrics);
  }

  private static void ban(AuditLog log, String user) throws Exception {
    log.record("mod", "ban", "s1", "line\nbreak\u0085\u2028\u2029", JsonObject.of("user", user))
        .await(10, TimeUnit.SECONDS);
  }

  @Test
  void eachEntryIsOneLineWithWhoWhatWhenAndWhy() throws Exception {
    Path file = directory.resolve("new/audit.jsonl");
    ban(log(file, 1 << 20), "bob");
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).doesNotContainPattern("[\\u0085\\u2028\\u2029]");
    assertThat(new JsonObject(lines.get(0)))
        .isEqualTo(
            JsonObject.of("at", "2026-01-01T00:00:00.000Z", "by", "mod", "action", "ban")
                .put("stream", "s1")
                .put("user", "bob")
                .put("why", "line\nbreak\u0085\u2028\u2029"));
  }

  @Test
  void theFileIsRotatedAndTheOldestIsDeleted() throws Exception {
    Path file = directory.resolve("audit.jsonl");
    AuditLog log = log(file, 200);
    for (int i = 0; i < 9; i++) {
      ban(log, "user" + i);
    }
    try (var files = Files.list(directory)) {
      assertThat(files.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder("audit.jsonl", "audit.jsonl.1", "audit.jsonl.2");
    }
    assertThat(Files.readString(file)).contains("user8");
    assertThat(Files.readString(directory.resolve("audit.jsonl.1"))).contains("user7");
  }

  @Test
  void anEntryThatCannotBeWrittenIsCountedAndStopsNobody() throws Exception {
    Files.writeString(directory.resolve("file"), "");
    ban(log(directory.resolve("file/audit.jsonl"), 1 << 20), "bob");
    assertThat(metrics.scrape()).contains("ovation_moderation_audit_lost_total 1.0");
  }
}
