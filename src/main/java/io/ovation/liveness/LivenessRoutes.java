package io.ovation.liveness;

import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.body.QueryParameters;
import io.ovation.http.body.Timestamps;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.LastSeenIndex.Page;
import io.ovation.store.LastSeenIndex.Sighting;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code POST /callback}, {@code GET /objects} and {@code GET /objects/{id}}. */
public record LivenessRoutes(
    CallbackService callbacks, LastSeenIndex sightings, AccessControl access) implements Routes {
  private static final int RETRY_SECONDS = 2;
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_IDS = 1_000;
  private static final String IDS = "object_ids";

  @Override
  public void mount(HttpEventLoop loop) {
    JsonBodies bodies = loop.bodies();
    Handler<RoutingContext> services = access.require(AccessRole.SERVICE);
    loop.router().post("/callback").handler(services).handler(ctx -> callback(bodies, ctx));
    JsonResponses.onGet(loop.router(), "/objects", services, this::list);
    JsonResponses.onGet(loop.router(), "/objects/:id", services, this::find);
  }

  private void callback(JsonBodies bodies, RoutingContext ctx) {
    JsonResponses.answer(
        ctx,
        c ->
            bodies
                .json(ctx)
                .map(LivenessRoutes::objects)
                .onFailure(callbacks.admission()::refused)
                .compose(callbacks::accept)
                .map(v -> new JsonObject().put("status", "accepted")));
  }

  /** The ids in {@code {"object_ids":[1,2,3]}}, each once, in the order of their first mention. */
  private static Set<Long> objects(Map<String, @Nullable Object> body) {
    if (!(body.get(IDS) instanceof List<?> ids)) {
      String why = body.containsKey(IDS) ? "must be a list of integers" : "is missing";
      throw Problem.invalid(IDS, why).exception();
    }
    if (ids.size() > MAX_IDS) {
      throw Problem.invalid(
              IDS,
              "has %d ids, at most %d are taken at a time; none of these was. Send several callbacks"
                  .formatted(ids.size(), MAX_IDS))
          .exception();
    }
    Set<Long> objects = new LinkedHashSet<>(2 * ids.size());
    for (int i = 0; i < ids.size(); i++) {
      Object id = ids.get(i);
      if (!(id instanceof Long number)) {
        String why =
            id instanceof BigInteger
                ? "does not fit into 64 bits with a sign"
                : "must be an integer, without quotes, fraction or exponent";
        throw Problem.invalid(IDS + "[" + i + "]", why).exception();
      }
      objects.add(number);
    }
    return objects;
  }

  private Future<JsonObject> list(RoutingContext ctx) {
    int limit = QueryParameters.number(ctx, "limit", 1, LastSeenIndex.MAX_BATCH, DEFAULT_LIMIT);
    String after = QueryParameters.text(ctx, "after");
    return sightings
        .page(after == null ? null : number("after", after), limit)
        .recover(LivenessRoutes::explained)
        .map(LivenessRoutes::json);
  }

  private Future<JsonObject> find(RoutingContext ctx) {
    long id = number("id", ctx.pathParam("id"));
    return sightings
        .find(id)
        .recover(LivenessRoutes::explained)
        .map(found -> json(found.orElseThrow(() -> notSeen(id))));
  }

  private static ProblemException notSeen(long id) {
    return Problem.notFound("object " + id + " was not seen online within the last liveness.ttl")
        .exception();
  }

  private static long number(String field, String text) {
    Long number = QueryParameters.wholeNumber(text);
    if (number == null) {
      throw Problem.invalid(field, "must be an integer of 64 bits with a sign").exception();
    }
    return number;
  }

  private static <T> Future<T> explained(Throwable cause) {
    String detail =
        "the store did not answer, so it is not known which objects are online; retry in "
            + RETRY_SECONDS
            + " s";
    return Future.failedFuture(
        cause instanceof StoreUnavailable
            ? Problem.unavailable(detail, RETRY_SECONDS).exception()
            : cause);
  }

  private static JsonObject json(Page page) {
    JsonArray objects = new JsonArray();
    page.sightings().forEach(sighting -> objects.add(json(sighting)));
    Long next = page.next();
    return new JsonObject()
        .put("objects", objects)
        .put("next", next)
        .put("next_str", next == null ? null : next.toString());
  }

  private static JsonObject json(Sighting sighting) {
    return new JsonObject()
        .put("id", sighting.id())
        // Browsers round integers beyond 2^53.
        .put("id_str", Long.toString(sighting.id()))
        .put("last_seen", Timestamps.of(sighting.lastSeenMs()));
  }
}
