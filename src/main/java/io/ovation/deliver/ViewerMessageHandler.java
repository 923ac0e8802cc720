package io.ovation.deliver;

import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.deliver.protocol.ClientMessageReader;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.deliver.protocol.Transport;
import io.ovation.deliver.transport.SockJsFrames;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.stage.SubmissionService;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears what a shard's viewers say, and answers. On the shard's loop. */
final class ViewerMessageHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ViewerMessageHandler.class);

  private final EventLoopShard shard;
  private final SubmissionService intake;
  private final DeliverySettings settings;
  private final DeliveryMetrics meters;

  ViewerMessageHandler(
      EventLoopShard shard,
      SubmissionService intake,
      DeliverySettings settings,
      DeliveryMetrics meters) {
    this.shard = shard;
    this.intake = intake;
    this.settings = settings;
    this.meters = meters;
  }

  /** One frame: a message, or over SockJS several. */
  void heard(Viewer viewer, byte[] frame) {
    try {
      if (viewer.transport == Transport.SOCKJS) {
        List<byte[]> messages = SockJsFrames.messages(frame);
        for (byte[] message : messages) {
          one(viewer, message);
        }
      } else {
        one(viewer, frame);
      }
    } catch (ProblemException e) {
      refuse(viewer, ClientMessageReader.asMessage(e.problem()), null);
      if (!isUtf8(frame)) {
        viewer.end(CloseCode.NOT_UTF8); // RFC 6455, 8.1
      }
    }
  }

  /** Whether the viewer may say one thing more in this second. Past its bound it hears so once. */
  boolean admits(Viewer viewer) {
    long now = shard.now();
    if (now - viewer.window >= 1000) {
      viewer.window = now;
      viewer.heardInWindow = 0;
    }
    int heard = ++viewer.heardInWindow;
    if (heard <= DeliverySettings.MESSAGES_PER_SECOND) {
      return true;
    }
    meters.dropped.increment();
    if (heard == DeliverySettings.MESSAGES_PER_SECOND + 1) {
      refuse(
          viewer,
          rate(
              "more than "
                  + DeliverySettings.MESSAGES_PER_SECOND
                  + " messages in a second; the rest of them was dropped, send slower"),
          null);
    } else if (heard > DeliverySettings.FLOOD) {
      viewer.end(CloseCode.FLOOD);
    }
    return false;
  }

  void refuse(Viewer viewer, Problem problem, @Nullable String id) {
    meters.error(problem.code());
    viewer.send(ServerMessages.error(problem, id));
  }

  private void one(Viewer viewer, byte[] json) {
    if (viewer.ending() || !admits(viewer)) {
      return;
    }
    ClientMessage message = ClientMessageReader.read(json, settings.messageLimit());
    if (message instanceof ClientMessage.Watch watch) {
      shard.watch(viewer, watch);
    } else if (message instanceof ClientMessage.Comment comment) {
      comment(viewer, comment);
    } else if (message instanceof ClientMessage.Reaction reaction) {
      reaction(viewer, reaction);
    } else {
      viewer.send(ServerMessages.PONG);
    }
  }

  private void comment(Viewer viewer, ClientMessage.Comment comment) {
    String id = shown(comment.id());
    StreamRoom room = viewer.room;
    if (room == null) {
      refuse(viewer, notWatching("comment on it"), id);
    } else if (viewer.unanswered >= DeliverySettings.UNANSWERED) {
      refuse(
          viewer,
          rate(DeliverySettings.UNANSWERED + " comments are unanswered; wait for them"),
          id);
    } else {
      viewer.unanswered++;
      intake
          .comment(room.stream, viewer.user, comment.text(), comment.id())
          .onComplete(
              (accepted, failure) -> shard.run(() -> answer(viewer, id, accepted, failure)));
    }
  }

  private void answer(
      Viewer viewer, @Nullable String id, @Nullable String accepted, @Nullable Throwable failure) {
    viewer.unanswered--;
    if (accepted != null) {
      viewer.send(ServerMessages.accepted(accepted));
    } else {
      failed(viewer, id, failure, "the comment may still appear");
    }
  }

  private void failed(
      Viewer viewer, @Nullable String id, @Nullable Throwable failure, String consequence) {
    if (failure instanceof ProblemException refusal) {
      refuse(viewer, refusal.problem(), id);
    } else {
      LOG.error("what a viewer said failed in a way that is a mistake of ours", failure);
      refuse(
          viewer, new Problem(500, "internal", null, "the server failed; " + consequence, 0), id);
    }
  }

  /**
   * Counted by many and answered by nothing unless it fails: a viewer's part in it is bounded by
   * the messages it may send in a second, and all viewers' by the intake.
   */
  private void reaction(Viewer viewer, ClientMessage.Reaction reaction) {
    String id = shown(reaction.id());
    StreamRoom room = viewer.room;
    if (room == null) {
      refuse(viewer, notWatching("react to it"), id);
      return;
    }
    intake
        .reaction(room.stream, viewer.user, reaction.kind(), reaction.count(), reaction.id())
        .onFailure(
            failure ->
                shard.run(() -> failed(viewer, id, failure, "the reaction may still count")));
  }

  /** An id that may be told back. */
  private static @Nullable String shown(@Nullable Object id) {
    return id instanceof String text && text.length() <= 128 ? text : null;
  }

  private static Problem notWatching(String what) {
    return new Problem(409, "not_watching", "type", "type: watch a stream first, then " + what, 0);
  }

  private static Problem rate(String detail) {
    return new Problem(429, "rate", null, detail, 1);
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
