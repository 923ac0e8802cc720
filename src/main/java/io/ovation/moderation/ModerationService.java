package io.ovation.moderation;

import io.ovation.async.Futures;
import io.ovation.async.InFlightLimiter;
import io.ovation.http.body.JsonText;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.Deletion;
import io.ovation.live.proto.Denial;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.Purge;
import io.ovation.live.proto.Report;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.Partitions;
import io.ovation.store.Store;
import io.ovation.store.Store.Pin;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What moderators, hosts and administrators do. Each action is durable when its future completes,
 * and is in the audit log. Any thread.
 */
public final class ModerationService {
  private static final Logger log = LoggerFactory.getLogger(ModerationService.class);

  /** Names of events that one stream retains. */
  static final int MAX_RETAINED = 16;

  /** Nodes learn of a ban within a second: what they accepted until then is purged by this time. */
  private static final long AGAIN_MS = 1_500;

  private static final Duration OVERDUE = Duration.ofSeconds(10);

  /** Actions that viewers may do, too; further ones are refused, since viewers are many. */
  private static final int MAX_UNDER_WAY = 500;

  private final Vertx vertx;
  private final ModerationTable table;
  private final Function<StreamEvent, Future<String>> publish;
  private final Function<CommentRequest, Future<String>> enqueue;
  private final Store store;
  private final Partitions partitions;
  private final AuditLog audit;
  private final String region;
  private final InstantSource clock;
  private final UserComments userComments;
  private final InFlightLimiter underWay = new InFlightLimiter(MAX_UNDER_WAY);

  /**
   * @param publish completes once the event is durable: {@code CommentsProducer::enqueuePublish}
   * @param enqueue the same for a comment: {@code CommentsProducer::enqueueComment}
   */
  public ModerationService(
      Vertx vertx,
      ModerationTable table,
      Function<StreamEvent, Future<String>> publish,
      Function<CommentRequest, Future<String>> enqueue,
      Store store,
      Partitions partitions,
      AuditLog audit,
      String region,
      InstantSource clock) {
    this.vertx = vertx;
    this.table = table;
    this.publish = publish;
    this.enqueue = enqueue;
    this.store = store;
    this.partitions = partitions;
    this.audit = audit;
    this.region = region;
    this.clock = clock;
    this.userComments = new UserComments(store, partitions);
  }

  public ModerationTable table() {
    return table;
  }

  /** Does an action unless too many of viewers are under way. */
  Future<Void> bounded(Supplier<Future<Void>> action) {
    if (!underWay.take()) {
      String detail = MAX_UNDER_WAY + " reports and deletions are under way here; retry in 2 s";
      return Future.failedFuture(Problem.busy(detail, 2).exception());
    }
    return Futures.attempt(action).onComplete(done -> underWay.giveBack());
  }

  Future<Void> delete(String by, String stream, String user, String id) {
    return publish(stream, event -> event.setDeleted(Deletion.newBuilder().setUser(user).setId(id)))
        .compose(
            v ->
                audit.record(by, "delete", stream, "", JsonObject.of("user", user, "comment", id)));
  }

  /**
   * @param stream or {@link Ban#ALL_STREAMS}
   * @param purge also take the user's comments away
   */
  Future<Void> ban(String stream, String user, Ban ban, Duration length, boolean purge) {
    if (!table.hasRoom(stream, user)) {
      String detail =
          "the stream has %,d bans, with those that ended in the last 8 days; no more can be kept";
      return Future.failedFuture(full(detail.formatted(StreamShares.MOST)));
    }
    return table
        .ban(stream, user, ban, length)
        .compose(ModerationService::unlessFull)
        .compose(v -> purge ? purgeTwice(stream, user) : Future.succeededFuture())
        .compose(
            v ->
                audit.record(
                    ban.by(),
                    "ban",
                    stream,
                    ban.reason(),
                    JsonObject.of("user", user, "for", DurationText.of(length.toMillis()))
                        .put("silent", ban.silent())
                        .put("purge", purge)));
  }

  private static Future<Void> unlessFull(boolean done) {
    return done
        ? Future.succeededFuture()
        : Future.failedFuture(
            full("there are as many bans and settings as can be kept; remove some first"));
  }

  private static ProblemException full(String detail) {
    return new Problem(507, "full", null, detail, 0).exception();
  }

  private Future<Void> purgeTwice(String stream, String user) {
    PendingPurge pending = PendingPurge.of(stream, user);
    return table
        .remember(pending) // If the table is full, only this node will repeat it.
        .compose(v -> purgeTwice(pending));
  }

  private Future<Void> purgeTwice(PendingPurge pending) {
    return purge(pending.stream(), pending.user())
        .onSuccess(v -> vertx.setTimer(AGAIN_MS, t -> repeat(pending)));
  }

  private void repeat(PendingPurge pending) {
    Futures.attempt(() -> purge(pending.stream(), pending.user()).compose(v -> table.done(pending)))
        .onFailure(
            e ->
                log.warn(
                    "what a user wrote on {} could not be purged; it is tried again",
                    pending.stream(),
                    e));
  }

  /**
   * From now on repeats the purges that a node which stopped or died has not repeated, and does the
   * erasures of other regions.
   */
  public void repeatOverduePurges() {
    vertx.setTimer(
        OVERDUE.toMillis(),
        t -> {
          repeatOverduePurges();
          table.overdue(OVERDUE).forEach(this::repeat);
        });
  }

  private Future<Void> purge(String stream, String user) {
    return stream.equals(Ban.ALL_STREAMS)
        ? userComments.streams(user, name -> purgeStream(name, user))
        : purgeStream(stream, user);
  }

  private Future<Void> purgeStream(String stream, String user) {
    return publish(stream, event -> event.setPurged(Purge.newBuilder().setUser(user)));
  }

  Future<Void> unban(String by, String stream, String user) {
    return table
        .unban(stream, user)
        .compose(v -> audit.record(by, "unban", stream, "", JsonObject.of("user", user)));
  }

  /**
   * Takes the user's comments out of every history, also of other regions once they have heard of
   * it. Bans, and reports of others, stay.
   */
  Future<Void> erase(String by, String user) {
    PendingPurge erasure = PendingPurge.erasure(user);
    return table
        .remember(erasure)
        .compose(ModerationService::unlessFull)
        .compose(v -> purgeTwice(erasure))
        .compose(v -> audit.record(by, "erase", "", "", JsonObject.of("user", user)));
  }

  Future<StreamSettings> settings(String by, String stream, UnaryOperator<StreamSettings> change) {
    return table
        .refresh()
        .compose(
            v -> {
              StreamSettings changed = change.apply(table.settings(stream));
              return table
                  .change(stream, changed)
                  .compose(ModerationService::unlessFull)
                  .compose(
                      done ->
                          audit.record(
                              by,
                              "settings",
                              stream,
                              "",
                              JsonObject.of("settings", changed.json())))
                  .map(changed);
            });
  }

  Future<Void> report(String by, String stream, String user, String id, String reason) {
    Report.Builder report = Report.newBuilder().setUser(user).setId(id).setReason(reason);
    return publish(stream, event -> event.setUser(by).setReported(report))
        .compose(
            v ->
                audit.record(
                    by, "report", stream, reason, JsonObject.of("user", user, "comment", id)));
  }

  /** The comments that wait for a moderator, the oldest first. */
  Future<List<JsonObject>> held(String stream) {
    return heldPins(stream).map(pins -> pins.stream().map(ModerationService::json).toList());
  }

  private Future<List<Pin>> heldPins(String stream) {
    return store
        .pins(partitions.of(stream), stream)
        .map(
            pins ->
                pins.stream()
                    .filter(pin -> pin.name().startsWith("h"))
                    .sorted((a, b) -> Long.compare(a.offset(), b.offset()))
                    .toList());
  }

  private static JsonObject json(Pin pin) {
    JsonObject json =
        new JsonObject(new String(pin.body(), StandardCharsets.UTF_8) + pin.offset() + "}");
    json.remove("type");
    json.remove("stream");
    json.remove("offset");
    return json;
  }

  /**
   * Decides on a held comment; fails with 404 if there is none, and with 409 if it may be another
   * one than the moderator read: authors choose the ids.
   *
   * @param user of the comment; empty for whoever wrote the one with this id
   * @param text that the moderator read; empty if that is not known
   */
  Future<Void> decide(
      String by, String stream, String user, String id, String text, boolean approve) {
    return heldPins(stream)
        .compose(
            pins -> {
              List<JsonObject> found =
                  pins.stream()
                      .map(ModerationService::json)
                      .filter(json -> id.equals(json.getString("id")))
                      .filter(json -> user.isEmpty() || user.equals(json.getString("user")))
                      .toList();
              JsonObject held = only(found, text);
              JsonObject what = JsonObject.of("user", held.getString("user"), "comment", id);
              return (approve ? approve(stream, held) : deny(stream, held))
                  .compose(v -> audit.record(by, approve ? "approve" : "deny", stream, "", what));
            });
  }

  private static JsonObject only(List<JsonObject> found, String text) {
    if (found.isEmpty()) {
      throw Problem.notFound("no comment of this id is held").exception();
    }
    if (found.size() > 1) {
      String detail = "user: held comments of several users have this id; name the author";
      throw new Problem(409, "conflict", "user", detail).exception();
    }
    JsonObject held = found.get(0);
    if (!text.isEmpty() && !text.equals(held.getString("text"))) {
      String detail = "text: the held comment has another text by now; read it again";
      throw new Problem(409, "conflict", "text", detail).exception();
    }
    return held;
  }

  private Future<Void> approve(String stream, JsonObject held) {
    JsonObject meta = held.getJsonObject("meta");
    JsonObject profile = held.getJsonObject("profile");
    return enqueue
        .apply(
            CommentRequest.newBuilder()
                .setStream(stream)
                .setUser(held.getString("user"))
                .setText(held.getString("text"))
                .setId(held.getString("id"))
                .setReplyTo(held.getString("reply_to", ""))
                .setMeta(meta == null ? "" : JsonText.encode(meta))
                .setProfile(profile == null ? "" : JsonText.encode(profile))
                .setAtMs(clock.millis())
                .setRegion(region)
                .setApproved(true)
                .build())
        .mapEmpty();
  }

  private Future<Void> deny(String stream, JsonObject held) {
    Denial.Builder denial =
        Denial.newBuilder().setUser(held.getString("user")).setId(held.getString("id"));
    return publish(stream, event -> event.setDenied(denial));
  }

  /** Sends an event of the broadcaster's own; fails with 409 if too many names are retained. */
  Future<Void> host(String by, String stream, String id, HostEvent.Builder host) {
    Future<Void> room =
        host.getRetain() ? requireRoom(stream, host.getName()) : Future.succeededFuture();
    return room.compose(v -> publish(stream, event -> event.setId(id).setUser(by).setHost(host)));
  }

  private Future<Void> requireRoom(String stream, String name) {
    return store
        .pins(partitions.of(stream), stream)
        .compose(
            pins -> {
              long others =
                  pins.stream()
                      .filter(pin -> pin.name().startsWith("r"))
                      .filter(pin -> !pin.name().equals("r" + name))
                      .count();
              return others < MAX_RETAINED
                  ? Future.succeededFuture()
                  : Future.failedFuture(
                      new Problem(
                              409,
                              "too_many_retained",
                              "name",
                              "name: the stream retains events of "
                                  + MAX_RETAINED
                                  + " names already; remove one first",
                              0)
                          .exception());
            });
  }

  private Future<Void> publish(String stream, UnaryOperator<StreamEvent.Builder> kind) {
    StreamEvent.Builder event =
        StreamEvent.newBuilder()
            .setStream(stream)
            .setId(UUID.randomUUID().toString())
            .setAtMs(clock.millis())
            .setRegion(region);
    return publish.apply(kind.apply(event).build()).mapEmpty();
  }
}
