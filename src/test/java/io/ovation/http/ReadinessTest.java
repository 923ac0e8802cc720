package io.ovation.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private final Readiness readiness = new Readiness();

  @Test
  void allChecksNamedAndWellMeansReady() {
    readiness.set("store", () -> Future.succeededFuture("embedded"));
    readiness.set("broker", () -> Future.succeededFuture("embedded"));
    Readiness.Report report = ask();
    assertThat(report.ready()).isTrue();
    assertThat(report.body())
        .isEqualTo(
            new JsonObject(
                """
                {"status":"ready","checks":{
                  "broker":{"ready":true,"detail":"embedded"},
                  "store":{"ready":true,"detail":"embedded"}}}"""));
  }

  @Test
  void oneFailureMeansNotReadyAndSaysWhy() {
    readiness.set("store", () -> Future.succeededFuture("embedded"));
    readiness.set("broker", () -> Future.failedFuture("no connection"));
    assertThat(ask().ready()).isFalse();
    assertThat(ask().body().encode())
        .contains("not ready", "\"broker\":{\"ready\":false,\"detail\":\"no connection\"}");
  }

  @Test
  void aCheckThatThrowsOrNeverAnswersIsNotReady() {
    readiness.set("broker", () -> Promise.<String>promise().future());
    readiness.set(
        "store",
        () -> {
          throw new IllegalStateException("broken");
        });
    assertThat(ask().ready()).isFalse();
    assertThat(ask().body().encode()).contains("broken");
  }

  @Test
  void aCheckCanBeReplaced() {
    readiness.set("broker", () -> Future.failedFuture("starting"));
    readiness.set("broker", () -> Future.succeededFuture("connected"));
    assertThat(ask().ready()).isTrue();
  }

  private Readiness.Report ask() {
    try {
      return readiness.ask().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
