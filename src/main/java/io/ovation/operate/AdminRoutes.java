package io.ovation.operate;

import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.stage.CommentSubmission;
import io.ovation.stage.SubmissionService;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Drain;
import io.ovation.wire.proto.NodeQuery;
import io.ovation.wire.proto.NodeReport;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the operators' page can do, under {@code /admin}: drain a node, send a comment, and the
 * moderators' routes of all streams.
 */
public final class AdminRoutes implements Routes {
  private static final Logger log = LoggerFactory.getLogger(AdminRoutes.class);
  private static final DeliveryOptions PATIENCE = new DeliveryOptions().setSendTimeout(5_000);

  private final Vertx vertx;
  private final Cluster cluster;
  private final SubmissionService comments;
  private final List<Routes> moderation;
  private final AccessControl operators = AccessControl.ofOperators();

  /**
   * @param moderation routes without a prefix
   */
  public AdminRoutes(
      Vertx vertx, Cluster cluster, SubmissionService comments, List<Routes> moderation) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.comments = comments;
    this.moderation = List.copyOf(moderation);
  }

  @Override
  public void mount(HttpEventLoop loop) {
    Router router = Router.router(vertx);
    HttpEventLoop under = new SubRouter(loop, router);
    router
        .post("/nodes/:node/drain")
        .handler(ctx -> JsonResponses.answer(ctx, c -> drain(c.pathParam("node"))));
    router
        .post("/streams/:stream/comments")
        .handler(operators.require(AccessRole.ADMIN))
        .handler(ctx -> comment(loop, ctx));
    moderation.forEach(routes -> routes.mount(under));
    loop.router().route("/admin/*").subRouter(router);
  }

  private Future<JsonObject> drain(String node) {
    if (cluster.members().stream().noneMatch(member -> member.id().equals(node))) {
      throw Problem.notFound("no node of the cluster has this id; /partitions lists them")
          .exception();
    }
    return othersServe(node)
        .compose(
            serve ->
                serve
                    ? vertx
                        .eventBus()
                        .<Answer>request(Addresses.node(node), Drain.getDefaultInstance(), PATIENCE)
                        .map(Message::body)
                    : Future.succeededFuture(Answer.getDefaultInstance()))
        .map(
            answer -> {
              if (!answer.getAccepted()) {
                String why =
                    "no other node serves viewers, so none was asked to leave; start another first";
                throw new Problem(409, "conflict", null, why).exception();
              }
              log.info("node {} is draining, as an operator asked", node);
              return new JsonObject().put("node", node).put("status", "draining");
            })
        .recover(
            e ->
                Future.failedFuture(
                    e instanceof ReplyException
                        ? Problem.unavailable("the node did not answer; try again", 5).exception()
                        : e));
  }

  /** Whether a node is left that takes this one's viewers: one that drains still is a member. */
  private Future<Boolean> othersServe(String node) {
    List<Cluster.Member> members = cluster.members();
    if (members.stream().noneMatch(m -> m.id().equals(node) && m.is(Role.SUPERVISE))) {
      return Future.succeededFuture(true);
    }
    List<Future<Boolean>> others =
        members.stream()
            .filter(member -> member.is(Role.SUPERVISE) && !member.id().equals(node))
            .map(
                member ->
                    vertx
                        .eventBus()
                        .<NodeReport>request(
                            Addresses.node(member.id()), NodeQuery.getDefaultInstance(), PATIENCE)
                        .map(report -> !report.body().getDraining())
                        .otherwise(false))
            .toList();
    return Future.all(others).map(all -> others.stream().anyMatch(Future::result));
  }

  private void comment(HttpEventLoop loop, RoutingContext ctx) {
    loop.bodies()
        .json(ctx)
        .compose(
            body ->
                comments.submitComment(
                    new CommentSubmission(
                        AccessControl.caller(ctx),
                        ctx.pathParam("stream"),
                        null,
                        body.get("text"),
                        null)))
        .onComplete(
            done -> JsonResponses.send(ctx.request(), 202, new JsonObject().put("id", done.id())),
            e -> FailureHandler.answer(ctx.request(), e));
  }

  /** The loop, with a router of its own. */
  private record SubRouter(HttpEventLoop loop, Router router) implements HttpEventLoop {
    @Override
    public Vertx vertx() {
      return loop.vertx();
    }

    @Override
    public Context context() {
      return loop.context();
    }

    @Override
    public JsonBodies bodies() {
      return loop.bodies();
    }

    @Override
    public void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler) {
      loop.upgrades(path, handler);
    }
  }
}
