package io.ovation.launch.command;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** One run of the load generator. All on one event loop. */
final class LoadRun {
  private static final int SETTLE_MS = 3_000;
  private static final int POST_CONNECTIONS = 64;
  private static final int POST_LIMIT_MS = 10_000;
  private static final int FRAME = 4 << 20;

  /**
   * @param rate comments per second
   * @param token may be empty
   */
  record Options(URI url, String stream, int viewers, int rate, int seconds, String token) {
    boolean tls() {
      return "https".equals(url.getScheme());
    }

    int port() {
      return url.getPort() > 0 ? url.getPort() : tls() ? 443 : 80;
    }
  }

  private final Vertx vertx;
  private final Options options;
  private final int connectPerSecond;
  private final Context context;
  private final HttpClient http;
  private final WebSocketClient sockets;
  private final String prefix = "load-" + Long.toHexString(System.nanoTime()) + "-";
  private final List<LoadViewer> viewers = new ArrayList<>();
  private final Map<String, Integer> answers = new TreeMap<>();
  private final LoadLatencies latencies = new LoadLatencies();

  /** Monotonic, by the comment's number. */
  private final long[] sentAt;

  private final boolean[] accepted;
  private int sent;
  private int answered;

  LoadRun(Vertx vertx, Options options, int connectPerSecond) {
    this.vertx = vertx;
    this.options = options;
    this.connectPerSecond = connectPerSecond;
    this.context = vertx.getOrCreateContext();
    this.sentAt = new long[options.rate() * options.seconds()];
    this.accepted = new boolean[sentAt.length];
    HttpClientOptions client = new HttpClientOptions().setSsl(options.tls());
    this.http =
        vertx.createHttpClient(client, new PoolOptions().setHttp1MaxSize(POST_CONNECTIONS));
    this.sockets =
        vertx.createWebSocketClient(
            new WebSocketClientOptions()
                .setSsl(options.tls())
                .setMaxConnections(options.viewers())
                .setMaxFrameSize(FRAME)
                .setMaxMessageSize(FRAME));
  }

  /** What it measured. */
  record Result(String text, boolean good) {}

  Future<Result> run() {
    Promise<Result> done = Promise.promise();
    context.runOnContext(
        v -> connect().compose(c -> send()).compose(s -> settle()).map(s -> result()).onComplete(done));
    return done.future();
  }

  private Future<Void> connect() {
    List<Future<?>> watching = new ArrayList<>();
    Promise<Void> all = Promise.promise();
    vertx.setPeriodic(
        1,
        1_000,
        timer -> {
          int from = watching.size();
          int to = Math.min(options.viewers(), from + connectPerSecond);
          for (int i = from; i < to; i++) {
            watching.add(connect(i));
          }
          if (to == options.viewers()) {
            vertx.cancelTimer(timer);
            Future.all(watching).<Void>mapEmpty().onComplete(all);
          }
        });
    return all.future();
  }

  private Future<Void> connect(int number) {
    WebSocketConnectOptions to =
        new WebSocketConnectOptions()
            .setHost(options.url().getHost())
            .setPort(options.port())
            .setURI("/live/websocket");
    return sockets.connect(to).compose(socket -> watch(socket, number));
  }

  private Future<Void> watch(WebSocket socket, int number) {
    LoadViewer viewer = new LoadViewer(prefix, sentAt, latencies);
    viewers.add(viewer);
    socket.textMessageHandler(viewer::receive);
    JsonObject watch =
        new JsonObject()
            .put("type", "watch")
            .put("stream", options.stream())
            .put("user", prefix + number);
    if (!options.token().isEmpty()) {
      watch.put("token", options.token());
    }
    // Half of the shortest heartbeat that is likely.
    long ping = vertx.setPeriodic(10_000, t -> socket.writeTextMessage("{\"type\":\"ping\"}"));
    socket.closeHandler(v -> vertx.cancelTimer(ping));
    return socket.writeTextMessage(watch.encode()).compose(v -> viewer.watching());
  }

  /** At a fixed rate, whatever the answers are. */
  private Future<Void> send() {
    Promise<Void> done = Promise.promise();
    long begin = System.nanoTime();
    vertx.setPeriodic(
        1,
        5,
        timer -> {
          long due = (System.nanoTime() - begin) * options.rate() / TimeUnit.SECONDS.toNanos(1);
          while (sent <= due && sent < sentAt.length) {
            post(sent++);
          }
          if (sent == sentAt.length) {
            vertx.cancelTimer(timer);
            done.complete();
          }
        });
    return done.future();
  }

  private void post(int number) {
    sentAt[number] = System.nanoTime();
    JsonObject comment =
        new JsonObject()
            .put("id", prefix + number)
            .put("user", "load-" + number % 100)
            .put("text", "comment " + number);
    RequestOptions request =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(options.url().getHost())
            .setPort(options.port())
            .setURI("/streams/" + options.stream() + "/comments")
            .setTimeout(POST_LIMIT_MS)
            .putHeader("content-type", "application/json");
    if (!options.token().isEmpty()) {
      request.putHeader("authorization", "Bearer " + options.token());
    }
    http.request(request)
        .compose(it -> it.send(comment.toBuffer()))
        .map(HttpClientResponse::statusCode)
        .onComplete(
            code -> {
              answered++;
              accepted[number] = code.succeeded() && code.result() == 202;
              String answer = code.succeeded() ? String.valueOf(code.result()) : "no answer";
              answers.merge(answer, 1, Integer::sum);
            });
  }

  /** Until everything has arrived, or for {@value #SETTLE_MS} ms after the last answer. */
  private Future<Void> settle() {
    Promise<Void> done = Promise.promise();
    long[] deadline = {0};
    vertx.setPeriodic(
        50,
        timer -> {
          if (answered < sent) {
            return;
          }
          long now = System.nanoTime();
          deadline[0] =
              deadline[0] == 0 ? now + TimeUnit.MILLISECONDS.toNanos(SETTLE_MS) : deadline[0];
          if (now >= deadline[0] || viewers.stream().allMatch(it -> it.lost(accepted) == 0)) {
            vertx.cancelTimer(timer);
            done.complete();
          }
        });
    return done.future();
  }

  private Result result() {
    long lost = viewers.stream().mapToLong(it -> it.lost(accepted)).sum();
    long doubled = viewers.stream().mapToLong(LoadViewer::doubled).sum();
    long disordered = viewers.stream().mapToLong(LoadViewer::disordered).sum();
    String text =
        "%d viewers, %d comments in %d s; answers %s%n"
            .formatted(viewers.size(), sent, options.seconds(), answers);
    text += "received %d; lost %d, doubled %d, out of order %d%n".formatted(
        latencies.count(), lost, doubled, disordered);
    text += "from POST to receipt: " + latencies.text() + "%n".formatted();
    return new Result(text, lost + doubled + disordered == 0);
  }
}
