package io.ovation.deliver;

import com.google.protobuf.ByteString;
import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.auth.Caller;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.deliver.transport.SockJsFrames;
import io.ovation.deliver.transport.Transport;
import io.ovation.http.body.InputRules;
import io.ovation.http.body.MessageIds;
import io.ovation.http.limits.ActionLimits.Action;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.moderation.hooks.WatchHook;
import io.ovation.stage.AcceptedComment;
import io.ovation.stage.CommentSubmission;
import io.ovation.stage.RandomIds;
import io.ovation.stage.SubmissionService;
import io.ovation.trace.Correlation;
import io.ovation.trace.TraceSpan;
import io.ovation.trace.Traces;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles the messages that a shard's viewers send. On the shard's loop. A subclass may answer them
 * in another way; limits and checks of frames stay.
 */
public class ViewerMessageHandler {
  private static final Logger log = LoggerFactory.getLogger(ViewerMessageHandler.class);

  /** How long before its token's end a viewer is asked to reconnect. */
  private static final long TOKEN_NOTICE_MS = 10_000;

  private final EventLoopShard shard;
  private final SubmissionService submissions;
  private final AccessControl access;
  private final WatchHook hook;
  private final DeliverySettings settings;
  private final DeliveryMetrics metrics;

  ViewerMessageHandler(
      EventLoopShard shard,
      SubmissionService submissions,
      AccessControl access,
      WatchHook hook,
      DeliverySettings settings,
      DeliveryMetrics metrics) {
    this.shard = shard;
    this.submissions = submissions;
    this.access = access;
    this.hook = hook;
    this.settings = settings;
    this.metrics = metrics;
  }

  /** Handles a frame: one message, or several over SockJS. */
  public void receive(Viewer viewer, byte[] frame) {
    try {
      messages(viewer, frame).forEach(message -> receiveMessage(viewer, message));
    } catch (ProblemException e) {
      refuse(viewer, ClientMessage.asMessage(e.problem()), SockJsFrames.id(frame));
    }
    if (!viewer.isClosing() && !ByteString.copyFrom(frame).isValidUtf8()) {
      viewer.close(CloseCode.NOT_UTF8); // RFC 6455, 8.1
    }
  }

  /** Refuses a frame that is past the limit, by the id of its first message. */
  public void refuseTooLarge(Viewer viewer, byte[] frame) {
    String detail = "message: at most " + settings.messageLimit() + " bytes";
    Problem tooLarge = new Problem(413, "too_large", "message", detail, 0);
    boolean sockJs = viewer.transport == Transport.SOCKJS;
    refuse(viewer, tooLarge, sockJs ? SockJsFrames.id(frame) : MessageIds.find(frame));
  }

  private static List<byte[]> messages(Viewer viewer, byte[] frame) {
    return viewer.transport == Transport.SOCKJS ? SockJsFrames.messages(frame) : List.of(frame);
  }

  private void receiveMessage(Viewer viewer, byte[] json) {
    if (viewer.isClosing()) {
      return;
    }
    try {
      if (admit(viewer, json)) {
        handle(viewer, json);
      }
    } catch (ProblemException e) {
      refuse(viewer, ClientMessage.asMessage(e.problem()), MessageIds.find(json));
    }
  }

  /** Whether the viewer may send one more ping in this second. */
  public boolean admitPing(Viewer viewer) {
    return admit(viewer, new byte[0]);
  }

  /**
   * Whether the viewer may send one more message in this second; refuses the first too many, and
   * each with an id, since somebody waits for its answer.
   */
  private boolean admit(Viewer viewer, byte[] json) {
    turnWindow(viewer);
    int count = ++viewer.messagesInWindow;
    if (count <= settings.messagesPerSecond()) {
      return true;
    }
    metrics.dropped.increment();
    if (count > settings.flood()) {
      viewer.close(CloseCode.FLOOD);
      return false;
    }
    String id = MessageIds.find(json);
    if (id != null || count == settings.messagesPerSecond() + 1) {
      String most = "more than " + settings.messagesPerSecond();
      String detail = most + " messages in a second; the rest of them was dropped, send slower";
      refuse(viewer, rate(detail), id);
    }
    return false;
  }

  /** Whether the viewer may send one more frame in this second; closes it after too many. */
  public boolean admitFrame(Viewer viewer) {
    turnWindow(viewer);
    if (++viewer.framesInWindow <= settings.framesPerSecond()) {
      return true;
    }
    metrics.dropped.increment();
    viewer.close(CloseCode.FLOOD);
    return false;
  }

  private void turnWindow(Viewer viewer) {
    long now = shard.now();
    if (now - viewer.rateWindowAt >= 1000) {
      viewer.rateWindowAt = now;
      viewer.messagesInWindow = 0;
      viewer.framesInWindow = 0;
      viewer.watchesInWindow = 0;
    }
  }

  public void refuse(Viewer viewer, Problem problem, @Nullable String id) {
    refuse(viewer, problem, id, id);
  }

  /**
   * @param id that the viewer sent
   * @param named what the log calls the message
   */
  private void refuse(Viewer viewer, Problem problem, @Nullable String id, @Nullable String named) {
    metrics.refused(viewer.transport, problem.code());
    if (log.isDebugEnabled()) {
      Correlation.run(
          null,
          named,
          null,
          () -> log.debug("a viewer's message is refused: {} {}", problem.code(), problem.field()));
    }
    viewer.send(ServerMessages.error(problem, id));
  }

  /**
   * Answers a message that is within the limits. Its bytes may be no UTF-8: then the caller closes
   * the connection afterwards.
   */
  void handle(Viewer viewer, byte[] json) {
    ClientMessage message = ClientMessage.read(json, settings.messageLimit());
    if (message instanceof ClientMessage.Watch watch) {
      watch(viewer, watch, json);
    } else if (message instanceof ClientMessage.Comment comment) {
      comment(viewer, comment);
    } else if (message instanceof ClientMessage.Reaction reaction) {
      reaction(viewer, reaction);
    } else {
      viewer.send(ServerMessages.PONG);
    }
  }

  private void watch(Viewer viewer, ClientMessage.Watch watch, byte[] json) {
    if (++viewer.watchesInWindow <= settings.watchesPerSecond()) {
      authenticate(viewer, watch, json);
    } else {
      metrics.dropped.increment();
      String most = "more than " + settings.watchesPerSecond();
      refuse(viewer, rate(most + " watches in a second; watch again later"), MessageIds.find(json));
    }
  }

  /** Watches at once unless keys have to be fetched, or a hook has to be asked. */
  private void authenticate(Viewer viewer, ClientMessage.Watch watch, byte[] json) {
    int number = ++viewer.watches;
    Future<Caller> caller =
        access
            .viewer(watch.token(), watch.stream())
            .compose(it -> admit(it.at(viewer.address), watch));
    if (caller.isComplete()) {
      authenticated(viewer, watch, json, caller);
    } else {
      caller.onComplete(
          ignored ->
              shard.run(
                  () -> {
                    if (number == viewer.watches && !viewer.isClosing()) {
                      authenticated(viewer, watch, json, caller);
                    }
                  }));
    }
  }

  /**
   * Asks the hook, unless that would be one watch too many: it costs the back end a call. Traced
   * like a request, because the watch message has no trace of its own.
   */
  private Future<Caller> admit(Caller caller, ClientMessage.Watch watch) {
    String user = InputRules.user(caller.actsAs(watch.user()));
    access.admit(Action.WATCH, caller, user);
    TraceSpan trace = Traces.on() && hook != WatchHook.NONE ? Traces.enter("watch", null) : null;
    if (trace == null) {
      return hook.admit(caller, watch.stream(), user, "");
    }
    return hook.admit(caller, watch.stream(), user, trace.traceparent())
        .onComplete((admitted, failure) -> trace.end(failure));
  }

  private void authenticated(
      Viewer viewer, ClientMessage.Watch watch, byte[] json, Future<Caller> caller) {
    if (caller.succeeded()) {
      try {
        access.requireTime(caller.result());
        watchAs(viewer, watch, caller.result());
      } catch (ProblemException e) {
        refuse(viewer, e.problem(), MessageIds.find(json));
      }
    } else {
      String id = MessageIds.find(json);
      failed(viewer, id, id, caller.cause(), "nothing is watched");
    }
  }

  /**
   * Begins to watch as a caller whose token allows it.
   *
   * @throws ProblemException if the token is not the user's, or if the user or the client's address
   *     has too many connections
   */
  public void watchAs(Viewer viewer, ClientMessage.Watch watch, Caller caller) {
    String user = InputRules.user(caller.actsAs(watch.user()));
    if (viewer.slot == null) {
      viewer.slot = access.connect(user, viewer.address);
    } else {
      viewer.slot.moveTo(user);
    }
    viewer.caller = caller;
    bindToToken(viewer, caller);
    viewer.moderator = caller.role().covers(AccessRole.MODERATOR);
    shard.watch(viewer, user, watch);
  }

  /** A viewer that was asked to reconnect because its token ended stays with a new one. */
  private void bindToToken(Viewer viewer, Caller caller) {
    if (viewer.tokenEnded) {
      viewer.tokenEnded = false;
      viewer.leaveBy = -1;
    }
    long left = access.millisLeft(caller);
    viewer.tokenLeftMs = Math.min(TOKEN_NOTICE_MS, left / 2);
    viewer.tokenEndsAt =
        left == Long.MAX_VALUE ? Long.MAX_VALUE : shard.now() + left - viewer.tokenLeftMs;
  }

  private void comment(Viewer viewer, ClientMessage.Comment comment) {
    String id = MessageIds.echoable(comment.id());
    StreamRoom room = viewer.room;
    if (room == null) {
      refuse(viewer, notWatching("comment on it"), id);
    } else if (viewer.unansweredComments >= DeliverySettings.UNANSWERED) {
      String detail = DeliverySettings.UNANSWERED + " comments are unanswered; wait for them";
      refuse(viewer, rate(detail), id);
    } else {
      access.admit(Action.COMMENT, viewer.caller, viewer.user);
      viewer.unansweredComments++;
      TraceSpan trace = Traces.on() ? Traces.enter("comment", null) : null;
      CommentSubmission submission =
          new CommentSubmission(
              viewer.caller,
              room.stream,
              viewer.user,
              comment.text(),
              comment.id(),
              comment.replyTo(),
              comment.meta(),
              trace);
      String named = comment.id() == null ? submission.newId() : id;
      submissions
          .submitComment(submission)
          .onComplete(
              (accepted, failure) -> {
                if (trace != null) {
                  trace.end(failure);
                }
                shard.run(() -> answer(viewer, id, named, accepted, failure));
              });
    }
  }

  private void answer(
      Viewer viewer,
      @Nullable String id,
      @Nullable String named,
      @Nullable AcceptedComment accepted,
      @Nullable Throwable failure) {
    viewer.unansweredComments--;
    if (accepted != null) {
      viewer.send(ServerMessages.accepted(accepted.id(), accepted.held()));
    } else {
      failed(viewer, id, named, failure, "the comment may still appear");
    }
  }

  private void failed(
      Viewer viewer,
      @Nullable String id,
      @Nullable String named,
      @Nullable Throwable failure,
      String consequence) {
    if (failure instanceof ProblemException refusal) {
      refuse(viewer, refusal.problem(), id, named);
    } else {
      String what = "a viewer's message failed unexpectedly; the viewer gets an error";
      String error = named != null && Correlation.valid(named) ? named : RandomIds.next();
      Correlation.run(null, error, null, () -> log.error(what, failure));
      String detail =
          "the server failed; " + consequence + "; its log has the cause under " + error;
      refuse(viewer, new Problem(500, "internal", null, detail, 0), id, error);
    }
  }

  /**
   * Reactions are answered only if they fail. One viewer's are bounded by the messages that it may
   * send in a second, all viewers' together by the submission service.
   */
  private void reaction(Viewer viewer, ClientMessage.Reaction reaction) {
    String id = MessageIds.echoable(reaction.id());
    StreamRoom room = viewer.room;
    if (room == null) {
      refuse(viewer, notWatching("react to it"), id);
      return;
    }
    access.admit(Action.REACTION, viewer.caller, viewer.user);
    submissions
        .submitReaction(
            viewer.caller,
            room.stream,
            viewer.user,
            reaction.kind(),
            reaction.count(),
            reaction.id())
        .onFailure(
            failure ->
                shard.run(() -> failed(viewer, id, id, failure, "the reaction may still count")));
  }

  private static Problem notWatching(String what) {
    return new Problem(409, "not_watching", "type", "type: watch a stream first, then " + what, 0);
  }

  private static Problem rate(String detail) {
    return new Problem(429, "rate", null, detail, 1);
  }
}
