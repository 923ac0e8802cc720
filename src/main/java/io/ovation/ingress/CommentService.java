package io.ovation.ingress;

import io.micrometer.core.instrument.Counter;
import io.ovation.auth.AccessRole;
import io.ovation.config.Config;
import io.ovation.http.body.IdConflictCheck;
import io.ovation.http.body.InputRules;
import io.ovation.http.body.JsonText;
import io.ovation.http.limits.AdmissionControl;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentRequestOrBuilder;
import io.ovation.live.proto.HeldComment;
import io.ovation.live.proto.StreamEvent;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.CommentRules;
import io.ovation.stage.AcceptedComment;
import io.ovation.stage.CommentSubmission;
import io.ovation.trace.TraceSpan;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Accepts comments: validates each, admits it while {@code ingress.in_flight} allows, and completes
 * once it is durable. Any thread; futures complete where the queue's producer completes, which is
 * the caller's Vert.x context.
 */
public final class CommentService {
  private static final int BUSY_RETRY_SECONDS = 3;
  private static final String BUSY =
      "this node already has %2$d comments waiting to be stored, its limit (ingress.in_flight);"
          + " this one was not taken: retry in %1$d s";
  private static final String UNCONFIRMED =
      "the queue did not confirm the comment; nothing is promised, and it may still appear."
          + " Retry in %d s with the same id (\"%s\"), and it appears once at most";

  private static final int META_BYTES = 1024;

  private final Function<CommentRequest, Future<String>> enqueue;
  private final Function<StreamEvent, Future<String>> publish;
  private final CommentRules rules;
  private final Function<CommentRequest, Future<Boolean>> conflicts;
  private final IdConflictCheck idempotency = new IdConflictCheck("comment", System::nanoTime);
  private final UserSequencer order = new UserSequencer();
  private final String region;
  private final InstantSource clock;
  private final AdmissionControl admission;
  private final Counter accepted;

  /**
   * @param enqueue completes once the comment is durable: {@code CommentsProducer::enqueueComment}
   * @param publish the same for a comment that is held
   * @param rules that comments are held to
   * @param conflicts whether the store has another comment under the id of this one: {@code
   *     StoredIds::hasOther}
   * @param region of this node
   */
  public CommentService(
      Function<CommentRequest, Future<String>> enqueue,
      Function<StreamEvent, Future<String>> publish,
      CommentRules rules,
      Function<CommentRequest, Future<Boolean>> conflicts,
      Config.Ingress config,
      String region,
      InstantSource clock,
      Metrics metrics) {
    this.enqueue = enqueue;
    this.publish = publish;
    this.rules = rules;
    this.conflicts = conflicts;
    this.region = region;
    this.clock = clock;
    int limit = config.inFlight();
    this.admission =
        new AdmissionControl(metrics, "ovation.ingress", "comments", limit, BUSY_RETRY_SECONDS);
    this.accepted = metrics.counter("ovation.ingress.accepted", "comments durably enqueued");
  }

  /** As {@link io.ovation.stage.SubmissionService#submitComment}. */
  Future<AcceptedComment> comment(CommentSubmission comment) {
    CommentRequest.Builder request;
    boolean ownId;
    try {
      request = checked(comment);
      ownId = !request.getId().isEmpty();
      if (ownId) {
        idempotency.claim(identity(request), content(request));
      } else {
        request.setId(comment.newId());
      }
    } catch (ProblemException invalid) {
      return admission.refuse(invalid);
    }
    String sent = content(request);
    boolean moderator = comment.caller().role().covers(AccessRole.MODERATOR);
    request.setAtMs(clock.millis()).setRegion(region);
    TraceSpan trace = comment.trace();
    if (trace != null) {
      trace.set("ovation.stream", request.getStream()).set("ovation.id", request.getId());
      request.setTraceparent(trace.traceparent());
    }
    return admission
        .admit(
            () -> {
              Future<Boolean> conflict =
                  ownId ? conflicts.apply(request.build()) : Future.succeededFuture(false);
              return order
                  .inOrder(
                      request.getStream(),
                      request.getUser(),
                      rules.check(request, moderator),
                      why -> enqueue(request, why, trace))
                  .compose(taken -> idempotency.unless(conflict, taken));
            },
            BUSY,
            UNCONFIRMED,
            request.getId())
        .onComplete(
            (done, failure) -> {
              if (ownId) {
                idempotency.settle(identity(request), sent, failure == null);
              }
              if (failure == null) {
                accepted.increment();
              }
            });
  }

  /** Within what the id of a comment is unique. */
  private static String identity(CommentRequestOrBuilder comment) {
    return comment.getStream() + '\0' + comment.getUser() + '\0' + comment.getId();
  }

  /** What must be the same when a comment is sent again. Rules may change the text later. */
  private static String content(CommentRequestOrBuilder comment) {
    return comment.getText() + '\0' + comment.getReplyTo() + '\0' + comment.getMeta();
  }

  private static CommentRequest.Builder checked(CommentSubmission comment) {
    CommentRequest.Builder request =
        CommentRequest.newBuilder()
            .setStream(InputRules.stream(comment.stream()))
            .setUser(InputRules.user(comment.caller().actsAs(comment.user())))
            .setText(InputRules.text(comment.text()));
    String id = InputRules.id(comment.id());
    if (id != null) {
      request.setId(id);
    }
    Object replyTo = comment.replyTo();
    if (replyTo != null) {
      Problem.require("reply_to", InputRules.idFault(replyTo));
      request.setReplyTo((String) replyTo);
    }
    if (comment.meta() != null) {
      request.setMeta(meta(comment.meta()));
    }
    String profile = comment.caller().profile();
    if (profile != null) {
      request.setProfile(profile);
    }
    return request;
  }

  private static String meta(Object meta) {
    String json = meta instanceof Map<?, ?> ? JsonText.encode(meta) : "";
    if (json.isEmpty() || json.getBytes(StandardCharsets.UTF_8).length > META_BYTES) {
      String why = "must be an object of at most " + META_BYTES + " bytes";
      throw Problem.invalid("meta", why).exception();
    }
    return json;
  }

  /**
   * @param held why it must be held; null if it need not
   */
  private Future<AcceptedComment> enqueue(
      CommentRequest.Builder request, @Nullable String held, @Nullable TraceSpan trace) {
    if (trace == null) {
      return enqueue(request, held);
    }
    TraceSpan publish = trace.child("publish", TraceSpan.Kind.PRODUCER);
    request.setTraceparent(publish.traceparent());
    return enqueue(request, held).onComplete((done, failure) -> publish.end(failure));
  }

  private Future<AcceptedComment> enqueue(CommentRequest.Builder request, @Nullable String held) {
    String id = request.getId();
    if (held == null) {
      return enqueue.apply(request.build()).map(v -> new AcceptedComment(id, false));
    }
    if (request.getOnlyAuthor()) {
      return Future.succeededFuture(new AcceptedComment(id, true)); // Nobody sees it, then.
    }
    StreamEvent event =
        StreamEvent.newBuilder()
            .setStream(request.getStream())
            .setId(heldId(request.getUser(), id))
            .setAtMs(request.getAtMs())
            .setRegion(region)
            .setTraceparent(request.getTraceparent())
            .setHeld(HeldComment.newBuilder().setComment(request).setWhy(held))
            .build();
    return publish.apply(event).map(v -> new AcceptedComment(id, true));
  }

  /** Both may have slashes: the user's length says where the id begins. */
  private static String heldId(String user, String id) {
    return "held/" + user.length() + "/" + user + "/" + id;
  }

  /** Whether so many comments wait that reactions, which rank below them, must be refused. */
  public boolean pressed() {
    return admission.inFlight().used() > admission.inFlight().limit() / 2;
  }

  AdmissionControl admission() {
    return admission;
  }
}
