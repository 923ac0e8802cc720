package io.ovation.operate;

import io.ovation.async.Futures;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.body.QueryParameters;
import io.ovation.http.body.Timestamps;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Envelope;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /queue/dead-letters}: lists, reads, sends back and purges dead letters. For operators: a
 * call may take a second, and on RabbitMQ the whole cluster serves one at a time.
 */
public final class DeadLetterRoutes implements Routes {
  private static final Logger log = LoggerFactory.getLogger(DeadLetterRoutes.class);
  private static final String ALL = "/queue/dead-letters";
  private static final String ONE = ALL + "/:queue/:id";
  private static final int RETRY_SECONDS = 2;
  private static final int MAX_ID_LENGTH = 128;

  /** The largest payload in a list, in bytes: a page of 100 stays below 2.5 MB. */
  private static final int MAX_LISTED_PAYLOAD = 16 * 1024;

  private final Broker broker;
  private final InstantSource clock;

  public DeadLetterRoutes(Broker broker, InstantSource clock) {
    this.broker = broker;
    this.clock = clock;
  }

  @Override
  public void mount(HttpEventLoop loop) {
    Router router = loop.router();
    readable(router, ALL).handler(ctx -> answer(ctx, this::list));
    readable(router, ONE).handler(ctx -> answer(ctx, this::read));
    router.post(ONE + "/send-back").handler(ctx -> answer(ctx, this::sendBack));
    router.delete(ONE).handler(ctx -> answer(ctx, this::purge));
    router.delete(ALL + "/:queue").handler(ctx -> answer(ctx, this::purgeAll));
  }

  private static Route readable(Router router, String path) {
    return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }

  private Future<JsonObject> list(RoutingContext ctx) {
    String queue = QueryParameters.text(ctx, "queue");
    if (queue == null || queue.isEmpty()) {
      throw Problem.invalid("queue", "name the queue, as in " + ALL + "?queue=comments")
          .exception();
    }
    int limit = QueryParameters.number(ctx, "limit", 1, DeadLetters.MAX_LIMIT, 20);
    String after = QueryParameters.text(ctx, "after");
    if (after != null && after.length() > MAX_ID_LENGTH) {
      throw Problem.invalid("after", "is longer than any letter's id; take `next` of the last page")
          .exception();
    }
    return letters(queue).list(after, limit).map(DeadLetterRoutes::page);
  }

  private static JsonObject page(DeadLetters.Page page) {
    JsonArray letters = new JsonArray();
    page.letters().forEach(letter -> letters.add(json(letter, MAX_LISTED_PAYLOAD)));
    int last = page.letters().size() - 1;
    return new JsonObject()
        .put("letters", letters)
        .put("total", page.total())
        .put("next", page.more() && last >= 0 ? page.letters().get(last).id() : null);
  }

  private Future<JsonObject> read(RoutingContext ctx) {
    String id = ctx.pathParam("id");
    return letters(ctx)
        .read(id)
        .map(found -> json(found.orElseThrow(() -> gone(id)), Integer.MAX_VALUE));
  }

  private Future<JsonObject> sendBack(RoutingContext ctx) {
    long now = clock.millis();
    JsonObject sent = new JsonObject().put("id", ctx.pathParam("id")).put("status", "sent back");
    return letters(ctx)
        .sendBack(ctx.pathParam("id"), body -> Envelope.renewed(body, now))
        .map(done -> changed(ctx, done, "sent back", sent));
  }

  private Future<JsonObject> purge(RoutingContext ctx) {
    JsonObject purged = new JsonObject().put("purged", 1);
    return letters(ctx)
        .purge(ctx.pathParam("id"))
        .map(done -> changed(ctx, done, "purged", purged));
  }

  private static JsonObject changed(
      RoutingContext ctx, boolean found, String what, JsonObject answer) {
    String id = ctx.pathParam("id");
    if (!found) {
      throw gone(id);
    }
    log.info("Dead letter {} of {} was {}", id, ctx.pathParam("queue"), what);
    return answer;
  }

  private Future<JsonObject> purgeAll(RoutingContext ctx) {
    return letters(ctx)
        .purgeAll()
        .onSuccess(n -> log.info("{} dead letters of {} were purged", n, ctx.pathParam("queue")))
        .map(count -> new JsonObject().put("purged", count));
  }

  private DeadLetters letters(RoutingContext ctx) {
    return letters(ctx.pathParam("queue"));
  }

  private DeadLetters letters(@Nullable String queue) {
    if (queue == null || !broker.queues().contains(queue)) {
      throw Problem.notFound(
              "there is no such queue here; this node has " + new TreeSet<>(broker.queues()))
          .exception();
    }
    return broker.deadLetters(queue);
  }

  private static ProblemException gone(String id) {
    String shown = id.length() <= MAX_ID_LENGTH ? id : id.substring(0, MAX_ID_LENGTH) + "…";
    String gone =
        "there is no dead letter \"%s\": it was sent back or purged, or %d older ones hide it";
    return Problem.notFound(gone.formatted(shown, DeadLetters.WINDOW)).exception();
  }

  private static void answer(
      RoutingContext ctx, Function<RoutingContext, Future<JsonObject>> call) {
    JsonResponses.answer(
        ctx,
        c -> Futures.attempt(() -> call.apply(c)).recover(e -> Future.failedFuture(refusal(e))));
  }

  private static Throwable refusal(Throwable cause) {
    if (cause instanceof BrokerUnavailable) {
      return Problem.unavailable(cause.getMessage() + " Nothing is promised.", RETRY_SECONDS)
          .exception();
    }
    if (cause instanceof IllegalStateException) {
      return new Problem(409, "conflict", null, String.valueOf(cause.getMessage()), 0).exception();
    }
    return cause;
  }

  /** A payload of more than {@code maxPayload} bytes is left out. */
  private static JsonObject json(DeadLetter letter, int maxPayload) {
    QueueName origin = letter.origin();
    QueueItem item = Envelope.readOrNull(letter.body());
    byte[] payload = item == null ? letter.body() : item.getPayload().toByteArray();
    boolean listed = payload.length <= maxPayload;
    return new JsonObject()
        .put("id", letter.id())
        .put("lane", origin == null ? null : origin.lane().text())
        .put("partition", origin == null ? null : origin.partition())
        .put("reason", letter.reason())
        .put("stack", letter.stack())
        .put("attempts", letter.attempts())
        .put("first_at", time(letter.firstMs()))
        .put("last_at", time(letter.lastMs()))
        .put("service", item == null ? null : item.getService())
        .put("method", item == null ? null : item.getMethod())
        .put("item_id", item == null ? null : item.getId())
        .put("key", item == null ? null : item.getKey())
        .put("headers", new JsonObject(item == null ? Map.of() : Map.copyOf(item.getHeadersMap())))
        .put("payload_bytes", payload.length)
        .put("payload", listed ? Base64.getEncoder().encodeToString(payload) : null);
  }

  private static String time(long ms) {
    return Timestamps.of(ms);
  }
}
