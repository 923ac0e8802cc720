package io.ovation.ingress;

import io.ovation.http.body.InputRules;
import io.ovation.http.body.QueryParameters;
import io.ovation.http.limits.AdmissionControl;
import io.ovation.http.problem.Problem;
import io.ovation.queue.Partitions;
import io.ovation.store.RecentCommentsReader;
import io.ovation.store.Store;
import io.ovation.store.Store.Kept;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** {@code GET /streams/{stream}/comments}: pages of a stream's history, backwards. */
public record HistoryRoute(Store store, Partitions partitions) {
  private static final int MAX_PAGE = 100;
  private static final int DEFAULT_PAGE = 50;
  private static final Pattern OFFSET = Pattern.compile("0|[1-9]\\d{0,15}");
  private static final String UNAVAILABLE = "history can't be read at present; retry in %d s";

  Future<JsonObject> page(RoutingContext ctx) {
    String stream = InputRules.stream(ctx.pathParam("stream"));
    int limit = QueryParameters.number(ctx, "limit", 1, MAX_PAGE, DEFAULT_PAGE);
    return RecentCommentsReader.read(store, partitions.of(stream), stream, before(ctx), limit)
        .map(HistoryRoute::json)
        .recover(e -> Future.failedFuture(AdmissionControl.explained(e, UNAVAILABLE, "")));
  }

  private static long before(RoutingContext ctx) {
    String text = QueryParameters.text(ctx, "before");
    if (text == null) {
      return (1L << 53) - 1;
    }
    if (!OFFSET.matcher(text).matches()) {
      throw Problem.invalid("before", "must be an offset: an integer from 0").exception();
    }
    return Long.parseLong(text);
  }

  private static JsonObject json(RecentCommentsReader.Page page) {
    List<Kept> comments = page.comments();
    JsonArray all = new JsonArray();
    for (Kept kept : comments) {
      String body = new String(kept.body(), StandardCharsets.UTF_8);
      all.add(new JsonObject(body + kept.offset() + "}"));
    }
    Long before = page.more() && !comments.isEmpty() ? (Long) comments.get(0).offset() : null;
    return JsonObject.of("comments", all, "before", before);
  }
}
