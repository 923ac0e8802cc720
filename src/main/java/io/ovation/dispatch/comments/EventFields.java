package io.ovation.dispatch.comments;

import io.ovation.http.body.InputRules;
import io.ovation.http.body.JsonText;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.Deletion;
import io.ovation.live.proto.Denial;
import io.ovation.live.proto.HeldComment;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.Purge;
import io.ovation.live.proto.Report;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.typed.PoisonItem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds the fields of comments and other events to the rules of HTTP: names and texts are returned
 * in NFC, JSON on one line. Each method throws {@link PoisonItem} for a field that no viewer may
 * receive.
 */
final class EventFields {
  /** More than HTTP accepts: a number may be longer after it was read and written again. */
  private static final int META_BYTES = 2 << 10;

  /** 1,024 characters, each of which may become an escape. */
  private static final int PROFILE_BYTES = 6 << 10;

  private static final int DATA_BYTES = 16 << 10;
  private static final int RETAINED_BYTES = 4 << 10;
  private static final int NAME = 64;
  private static final long LONGEST_MS = Duration.ofDays(30).toMillis();

  /** Ids that this server makes contain a user and the id of a comment. */
  private static final int OWN_ID = 512;

  private EventFields() {}

  static CommentRequest comment(CommentRequest comment) {
    CommentRequest.Builder kept = comment.toBuilder();
    kept.setUser(user(comment.getUser()));
    kept.setText(text("text", comment.getText()));
    check("id", InputRules.idFault(comment.getId()));
    if (!comment.getReplyTo().isEmpty()) {
      check("reply_to", InputRules.idFault(comment.getReplyTo()));
    }
    if (!comment.getMeta().isEmpty()) {
      kept.setMeta(json("meta", comment.getMeta(), META_BYTES, true));
    }
    if (!comment.getProfile().isEmpty()) {
      kept.setProfile(json("profile", comment.getProfile(), PROFILE_BYTES, true));
    }
    return kept.build();
  }

  static StreamEvent event(StreamEvent event) {
    String id = event.getId();
    if (id.length() > OWN_ID || id.chars().anyMatch(Character::isISOControl)) {
      throw bad("id must be 1-" + OWN_ID + " characters without control characters");
    }
    StreamEvent.Builder kept = event.toBuilder();
    if (!event.getUser().isEmpty()) {
      kept.setUser(user(event.getUser()));
    }
    switch (event.getKindCase()) {
      case HOST -> kept.setHost(host(event.getHost()));
      case DELETED -> {
        Deletion deleted = event.getDeleted();
        check("deleted.id", InputRules.idFault(deleted.getId()));
        kept.setDeleted(deleted.toBuilder().setUser(user(deleted.getUser())));
      }
      case PURGED -> kept.setPurged(Purge.newBuilder().setUser(user(event.getPurged().getUser())));
      case HELD -> kept.setHeld(held(event.getHeld()));
      case DENIED -> {
        Denial denied = event.getDenied();
        check("denied.id", InputRules.idFault(denied.getId()));
        kept.setDenied(denied.toBuilder().setUser(user(denied.getUser())));
      }
      case REPORTED -> kept.setReported(report(event.getReported()));
      case KIND_NOT_SET -> throw bad("the event is of no kind that this release knows");
    }
    return kept.build();
  }

  private static HostEvent.Builder host(HostEvent host) {
    check("name", InputRules.nameFault(host.getName(), NAME));
    HostEvent.Builder kept = host.toBuilder();
    if (!host.getData().isEmpty()) {
      int limit = host.getRetain() ? RETAINED_BYTES : DATA_BYTES;
      kept.setData(json("data", host.getData(), limit, false));
    }
    if (host.getTtlMs() < 0 || host.getTtlMs() > LONGEST_MS) {
      throw bad("ttl_ms must be at most 30 days");
    }
    return host.getTtlMs() == 0 ? kept.setTtlMs(LONGEST_MS) : kept;
  }

  private static HeldComment.Builder held(HeldComment held) {
    HeldComment.Builder kept = held.toBuilder().setComment(comment(held.getComment()));
    return held.getWhy().isEmpty() ? kept : kept.setWhy(text("why", held.getWhy()));
  }

  private static Report.Builder report(Report report) {
    check("reported.id", InputRules.idFault(report.getId()));
    Report.Builder kept = report.toBuilder().setReason(text("reason", report.getReason()));
    return report.getUser().isEmpty() ? kept : kept.setUser(user(report.getUser()));
  }

  private static String user(String user) {
    check("user", InputRules.userFault(user));
    return InputRules.nfc(user);
  }

  private static String text(String field, String text) {
    check(field, InputRules.textFault(text));
    return InputRules.nfc(text);
  }

  /** The same value as HTTP would have passed it on: strictly read, and written on one line. */
  private static String json(String field, String json, int limit, boolean object) {
    byte[] body = ("{\"" + field + "\":" + json + "}").getBytes(StandardCharsets.UTF_8);
    Map<String, @Nullable Object> read;
    try {
      read = StrictJsonReader.object(body, limit + field.length() + 5);
    } catch (ProblemException e) {
      throw bad(field + " is refused: " + e.problem().detail());
    }
    Object value = read.get(field);
    if (read.size() != 1 || (object && !(value instanceof Map<?, ?>))) {
      throw bad(field + " must be one JSON " + (object ? "object" : "value"));
    }
    String kept = JsonText.encode(value);
    if (kept.getBytes(StandardCharsets.UTF_8).length > limit) {
      throw bad(field + " must be at most " + limit + " bytes of JSON");
    }
    return kept;
  }

  static void check(String field, @Nullable String fault) {
    if (fault != null) {
      throw bad(field + " " + fault);
    }
  }

  static PoisonItem bad(String detail) {
    return new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, detail);
  }
}
