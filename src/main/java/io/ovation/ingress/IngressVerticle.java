package io.ovation.ingress;

import io.ovation.auth.Access;
import io.ovation.auth.Caller;
import io.ovation.http.HttpServers;
import io.ovation.http.Routes;
import io.ovation.moderation.StreamSettings;
import io.ovation.stage.AcceptedComment;
import io.ovation.stage.CommentSubmission;
import io.ovation.stage.SubmissionService;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The ingress role: mounts the HTTP API's routes on every event loop of the node's server. */
public final class IngressVerticle extends VerticleBase {
  private final HttpServers servers;
  private final List<Routes> others;
  private final StreamRoutes streams;

  /** Comments and reactions, shared by HTTP requests and the node's sockets: one limit for both. */
  public record Submissions(CommentService comments, ReactionService reactions)
      implements SubmissionService {

    @Override
    public Future<AcceptedComment> submitComment(CommentSubmission comment) {
      return comments.comment(comment);
    }

    @Override
    public Future<Void> submitReaction(
        Caller caller,
        String stream,
        @Nullable Object user,
        @Nullable Object kind,
        @Nullable Object count,
        @Nullable Object id) {
      return reactions.reaction(caller, stream, user, kind, count, id);
    }
  }

  /**
   * @param states a stream's state, all zero if the stream is unknown; called on any event loop of
   *     the server, completes on the caller's context
   * @param history of comments
   * @param settings a stream's settings
   * @param access what the streams' routes ask for
   * @param others the routes of other roles
   */
  public IngressVerticle(
      HttpServers servers,
      Submissions submissions,
      Function<String, Future<StreamStatus>> states,
      HistoryRoute history,
      Function<String, StreamSettings> settings,
      Access access,
      List<Routes> others) {
    this.servers = servers;
    this.streams =
        new StreamRoutes(
            submissions.comments(), submissions.reactions(), states, history, settings, access);
    this.others = List.copyOf(others);
  }

  @Override
  public Future<?> start() {
    return servers.mount(
        loop -> {
          streams.mount(loop);
          others.forEach(routes -> routes.mount(loop));
        });
  }
}
