package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.Store;
import io.ovation.wire.proto.Effect;

/** What viewers receive for each kind of {@link StreamEvent}, and what it does to the stream. */
final class StreamEventJson {
  /** How long a held comment waits for a moderator. */
  private static final long HELD_MS = 24 * 60 * 60 * 1000L;

  private StreamEventJson() {}

  /** The JSON up to and including {@code "offset":}. */
  static byte[] body(StreamEvent event) {
    EventJsonWriter body = EventJsonWriter.of(type(event), event.getStream());
    switch (event.getKindCase()) {
      case HOST -> {
        HostEvent host = event.getHost();
        body.text("id", event.getId()).text("name", host.getName());
        body.json("data", host.getData().isEmpty() ? "null" : host.getData()).at(event.getAtMs());
        if (host.getRetain()) {
          body.time("ends", event.getAtMs() + host.getTtlMs());
        }
      }
      case DELETED ->
          body.text("id", event.getDeleted().getId()).text("user", event.getDeleted().getUser());
      case PURGED -> body.text("user", event.getPurged().getUser());
      case HELD -> {
        CommentRequest held = event.getHeld().getComment();
        body.text("id", held.getId()).text("user", held.getUser()).text("text", held.getText());
        body.text("why", event.getHeld().getWhy()).optional("reply_to", held.getReplyTo());
        body.json("meta", held.getMeta()).json("profile", held.getProfile()).at(held.getAtMs());
      }
      case DENIED ->
          body.text("id", event.getDenied().getId())
              .text("user", event.getDenied().getUser())
              .text("status", "denied");
      case REPORTED ->
          body.text("id", event.getReported().getId())
              .optional("user", event.getReported().getUser())
              .text("reason", event.getReported().getReason())
              .text("by", event.getUser())
              .at(event.getAtMs());
      case KIND_NOT_SET -> throw unknown();
    }
    return body.bytes();
  }

  private static String type(StreamEvent event) {
    return switch (event.getKindCase()) {
      case HOST -> "event";
      case DELETED -> "deleted";
      case PURGED -> "purged";
      case HELD, DENIED -> "held";
      case REPORTED -> "reported";
      case KIND_NOT_SET -> throw unknown();
    };
  }

  /** Whether only moderators receive it. */
  static boolean forModerators(StreamEvent event) {
    return switch (event.getKindCase()) {
      case HELD, DENIED, REPORTED -> true;
      default -> false;
    };
  }

  static Effect effect(StreamEvent event) {
    Effect.Builder effect = Effect.newBuilder();
    return switch (event.getKindCase()) {
      case DELETED ->
          effect
              .setKind(Effect.Kind.DELETE)
              .setUser(event.getDeleted().getUser())
              .setId(event.getDeleted().getId())
              .build();
      case PURGED -> effect.setKind(Effect.Kind.PURGE).setUser(event.getPurged().getUser()).build();
      case HOST -> host(event.getHost(), effect);
      case HELD -> {
        CommentRequest held = event.getHeld().getComment();
        String name = Store.Effect.held(held.getUser(), held.getId());
        yield effect.setKind(Effect.Kind.PIN).setId(name).setTtlMs(HELD_MS).build();
      }
      case DENIED -> unpinHeld(event.getDenied().getUser(), event.getDenied().getId());
      default -> effect.build();
    };
  }

  private static Effect host(HostEvent host, Effect.Builder effect) {
    if (!host.getRetain() && !host.getRemove()) {
      return effect.build();
    }
    return effect
        .setKind(host.getRemove() ? Effect.Kind.UNPIN : Effect.Kind.PIN)
        .setId("r" + host.getName())
        .setTtlMs(host.getTtlMs())
        .build();
  }

  static Effect unpinHeld(String user, String id) {
    return Effect.newBuilder()
        .setKind(Effect.Kind.UNPIN)
        .setId(Store.Effect.held(user, id))
        .build();
  }

  private static PoisonItem unknown() {
    return new PoisonItem(
        PoisonItem.Reason.BAD_PAYLOAD, "the event is of no kind that this release knows");
  }
}
