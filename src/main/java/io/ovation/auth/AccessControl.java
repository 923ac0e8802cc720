package io.ovation.auth;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.body.MessageIds;
import io.ovation.http.body.QueryParameters;
import io.ovation.http.limits.ActionLimits;
import io.ovation.http.limits.ClientAddresses;
import io.ovation.http.limits.ConnectionLimits;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds callers to their tokens, and to the limits per user and address, on every door. Without
 * {@code auth.required}, viewers and back ends need no token, and names are taken on trust;
 * moderators, hosts and administrators need one all the same. Any thread.
 */
public final class AccessControl {
  private static final String CALLER = Caller.class.getName();
  private static final String SCHEME = "Bearer ";

  /** Where no token is looked at, none ends. */
  private static final InstantSource NO_TOKENS = () -> Instant.EPOCH;

  private static final Logger log = LoggerFactory.getLogger(AccessControl.class);

  private final boolean required;
  private final TokenVerifier tokens;
  private final InstantSource clock;
  private final @Nullable Caller everybody;
  private final ClientAddresses clients;
  private final @Nullable ActionLimits limits;
  private final @Nullable ConnectionLimits connections;
  private final boolean addressNeeded;

  /**
   * @param required {@code auth.required}
   * @param clock by which tokens end
   */
  public AccessControl(boolean required, TokenVerifier tokens, InstantSource clock) {
    this(required, tokens, clock, new ClientAddresses(List.of()), null, null, null);
  }

  private AccessControl(
      boolean required,
      TokenVerifier tokens,
      InstantSource clock,
      ClientAddresses clients,
      @Nullable ActionLimits limits,
      @Nullable ConnectionLimits connections,
      @Nullable Caller everybody) {
    this.required = required;
    this.tokens = tokens;
    this.clock = clock;
    this.clients = clients;
    this.limits = limits;
    this.connections = connections;
    this.addressNeeded =
        (limits != null && limits.usesAddresses())
            || (connections != null && connections.usesAddresses());
    this.everybody = everybody;
  }

  /** Of the operators' port, which has checked its caller before: everybody is an administrator. */
  public static AccessControl ofOperators() {
    Caller operator =
        new Caller("operator", AccessRole.ADMIN, List.of("*"), null, Long.MAX_VALUE, "");
    return new AccessControl(
        false,
        TokenVerifier.WITHOUT_KEYS,
        NO_TOKENS,
        new ClientAddresses(List.of()),
        null,
        null,
        operator);
  }

  /**
   * The same with limits per user and address.
   *
   * @param actions null for none
   * @param open null for none
   */
  public AccessControl limited(
      ClientAddresses addresses, @Nullable ActionLimits actions, @Nullable ConnectionLimits open) {
    return new AccessControl(required, tokens, clock, addresses, actions, open, everybody);
  }

  /**
   * Counts a connection that watches a stream, until its slot is released.
   *
   * @return null if there is no limit
   * @throws io.ovation.http.problem.ProblemException 429 if it is one too many
   */
  public ConnectionLimits.@Nullable Slot connect(String user, String address) {
    return connections == null ? null : connections.take(user, address);
  }

  /**
   * Counts an action of the caller.
   *
   * @param user that the request names
   * @throws io.ovation.http.problem.ProblemException 429 if it is one too many
   */
  public void admit(ActionLimits.Action action, Caller caller, @Nullable Object user) {
    Problem refusal =
        limits == null || caller.role() == AccessRole.SERVICE
            ? null
            : limits.refusal(action, caller.hasToken() ? caller.user() : user, caller.address());
    if (refusal != null) {
      throw refusal.exception();
    }
  }

  /** The address of a client, behind trusted proxies too; empty if there is no limit for it. */
  public String address(@Nullable SocketAddress peer, MultiMap headers) {
    return addressNeeded ? clients.of(peer, headers) : "";
  }

  /**
   * Reads the keys, if there are any.
   *
   * @param clock by which tokens begin and end: their issuer's is near it, which a node's own may
   *     not be
   * @return fails with {@code ConfigException} if they can't be read
   */
  public static Future<AccessControl> open(
      Vertx vertx, Config.Auth config, InstantSource clock, Metrics metrics) {
    if (!config.required()) {
      log.info(
          "auth.required is false: names of users are taken on trust{}",
          config.hasKeys()
              ? ""
              : ", and without keys nobody can moderate (auth.secret, auth.jwks)");
    }
    if (!config.hasKeys()) {
      return Future.succeededFuture(
          new AccessControl(config.required(), TokenVerifier.WITHOUT_KEYS, NO_TOKENS));
    }
    return JwtVerifier.open(vertx, config, clock, metrics)
        .recover(
            cause ->
                Future.failedFuture(
                    new ConfigException(
                        "auth.jwks (%s) can't be used: %s"
                            .formatted(config.jwks(), cause.getMessage()))))
        .map(verifier -> new AccessControl(config.required(), verifier, clock));
  }

  /** Of a node without {@code auth.*}. */
  public static AccessControl onTrust() {
    return new AccessControl(false, TokenVerifier.WITHOUT_KEYS, NO_TOKENS);
  }

  /**
   * A handler to be put before a route's own: it lets those pass who may act as {@code role} on the
   * stream that the path's {@code :stream} names, if it names one. Others are answered 401 or 403.
   * Reads nothing of the body, but for the id of a short one that is refused.
   */
  public Handler<RoutingContext> require(AccessRole role) {
    boolean onTrust = role == AccessRole.VIEWER || role == AccessRole.SERVICE;
    return ctx -> check(ctx, bearer(ctx.request()), role, required || !onTrust);
  }

  /**
   * As {@link #require} for viewers whose clients can't set headers: also takes {@code ?token=}.
   */
  public Handler<RoutingContext> requireViewer() {
    return ctx -> {
      String bearer = bearer(ctx.request());
      String token = bearer == null ? QueryParameters.text(ctx, "token") : bearer;
      check(ctx, token, AccessRole.VIEWER, required);
    };
  }

  /** As {@link #require}, but a token is needed also without {@code auth.required}. */
  public Handler<RoutingContext> requireToken(AccessRole role) {
    return ctx -> check(ctx, bearer(ctx.request()), role, true);
  }

  /** Who sent the request. Only behind {@link #require} or {@link #requireToken}. */
  public static Caller caller(RoutingContext ctx) {
    return Objects.requireNonNull(ctx.<Caller>get(CALLER), "the route has no access check");
  }

  /**
   * Who a viewer is.
   *
   * @param token null for none
   * @return completes at once unless keys have to be fetched or used; fails with {@code
   *     ProblemException}
   */
  public Future<Caller> viewer(@Nullable String token, String stream) {
    return authenticate(token, required)
        .compose(caller -> allowed(caller, AccessRole.VIEWER, stream));
  }

  /** How long the caller's token is valid; {@code Long.MAX_VALUE} if it has no end. */
  public long millisLeft(Caller caller) {
    return caller.expiresAtMs() == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : Math.max(0, caller.expiresAtMs() - clock.millis());
  }

  /**
   * Refuses a caller whose token has ended: {@code auth.leeway} allows it one more request, but
   * nothing that lasts.
   *
   * @throws io.ovation.http.problem.ProblemException 401
   */
  public void requireTime(Caller caller) {
    if (millisLeft(caller) == 0) {
      throw TokenVerifier.unauthorized("token: it has expired (\"exp\"); watch with a new one")
          .exception();
    }
  }

  private void check(
      RoutingContext ctx, @Nullable String token, AccessRole role, boolean tokenNeeded) {
    String stream = ctx.pathParam("stream");
    Future<Caller> caller =
        authenticate(token, tokenNeeded)
            .compose(it -> allowed(it, role, stream))
            .map(it -> addressNeeded ? it.at(clients.of(ctx.request())) : it);
    continueAs(ctx, caller);
  }

  /**
   * Goes on with the route's next handler once it is known who the caller is, or answers that it
   * may not. On the route's event loop.
   */
  public static void continueAs(RoutingContext ctx, Future<Caller> caller) {
    if (caller.isComplete()) {
      proceed(ctx, caller);
      return;
    }
    HttpServerRequest request = ctx.request().pause();
    Context context = ctx.vertx().getOrCreateContext();
    caller.onComplete(
        ignored ->
            context.runOnContext(
                v -> {
                  proceed(ctx, caller);
                  request.resume();
                }));
  }

  private static void proceed(RoutingContext ctx, Future<Caller> caller) {
    if (caller.succeeded()) {
      ctx.put(CALLER, caller.result()).next();
      return;
    }
    if (caller.cause() instanceof ProblemException refusal && refusal.problem().status() == 401) {
      ctx.response().putHeader("www-authenticate", "Bearer");
    }
    MessageIds.read(ctx, () -> ctx.fail(caller.cause()));
  }

  private Future<Caller> authenticate(@Nullable String token, boolean needed) {
    if (everybody != null) {
      return Future.succeededFuture(everybody);
    }
    if (token == null) {
      return needed ? Future.failedFuture(missing()) : Future.succeededFuture(Caller.ANONYMOUS);
    }
    // A node that takes names on trust and has no keys does not look at tokens.
    return !needed && tokens == TokenVerifier.WITHOUT_KEYS
        ? Future.succeededFuture(Caller.ANONYMOUS)
        : tokens.verify(token);
  }

  private static Future<Caller> allowed(Caller caller, AccessRole role, @Nullable String stream) {
    // Without a token, and none is needed.
    Problem refusal = caller.hasToken() ? caller.refusal(role, stream) : null;
    return refusal == null
        ? Future.succeededFuture(caller)
        : Future.failedFuture(refusal.exception());
  }

  private ProblemException missing() {
    String keys =
        tokens == TokenVerifier.WITHOUT_KEYS
            ? "; this node has no keys to check one with: set auth.secret or auth.jwks"
            : "";
    return TokenVerifier.unauthorized(
            "token: this needs a token; send \"Authorization: Bearer …\"" + keys)
        .exception();
  }

  /**
   * The token of {@code Authorization: Bearer}; null if there is none. Of two headers, a proxy may
   * have checked the other one.
   */
  private static @Nullable String bearer(HttpServerRequest request) {
    List<String> given = request.headers().getAll(HttpHeaders.AUTHORIZATION);
    if (given.size() > 1) {
      throw TokenVerifier.unauthorized("token: send one Authorization header").exception();
    }
    String header = given.isEmpty() ? null : given.get(0);
    return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? header.substring(SCHEME.length()).trim()
        : null;
  }
}
