package io.ovation.load;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonObject;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The command {@code load}: connects viewers to a running node, sends comments at a steady rate,
 * and reports how long these took to each viewer. Comments are sent when they are due, not when the
 * one before was answered, so a server that stalls does not hide its stall. Blocks the caller.
 */
@Command(
    name = "java -jar app.jar load",
    description = {
      "Connects viewers to a running node, sends comments, and prints how long they took and how"
          + " many were lost.",
      "A viewer that is asked to reconnect, or loses its connection, returns after a pause and"
          + " resumes where it was, so restarting a node costs it time, not comments. After about a"
          + " minute without success it gives up. What viewers without a connection missed is"
          + " told apart from losses.",
      "The exit code is 0 if every viewer received every accepted comment once, else 1."
    },
    exitCodeOnInvalidInput = 64)
public final class LoadCommand implements Callable<Integer> {
  private static final long ARRIVE_SECONDS = 30;

  @Mixin private LoadOptions options = new LoadOptions();

  @SuppressWarnings("NullAway.Init") // Set by picocli.
  @Spec
  private CommandSpec spec;

  private final PrintStream out;
  private LoadReport report = new LoadReport(0);
  private final List<LoadViewer> viewers = new ArrayList<>();
  private final AtomicInteger watching = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();

  private LoadCommand(PrintStream out) {
    this.out = out;
  }

  /** Runs the command; returns the process's exit code. */
  public static int run(String[] arguments, PrintStream out) {
    CommandLine line = new CommandLine(new LoadCommand(out));
    return line.setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(out, true))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(arguments);
  }

  @Override
  public Integer call() throws InterruptedException {
    options.check(spec.commandLine());
    report = new LoadReport(options.rate * options.seconds);
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    try {
      return run(vertx) ? ExitCode.OK : ExitCode.SOFTWARE;
    } finally {
      viewers.forEach(LoadViewer::stop);
      vertx.close().await();
    }
  }

  private boolean run(Vertx vertx) throws InterruptedException {
    HttpClientOptions to =
        new HttpClientOptions()
            .setDefaultHost(options.url.getHost())
            .setDefaultPort(options.port())
            .setSsl(options.tls());
    HttpClient streams =
        vertx.createHttpClient(
            to, new PoolOptions().setHttp1MaxSize(2 * options.viewers).setEventLoopSize(1));
    HttpClient posts = vertx.createHttpClient(to, new PoolOptions().setHttp1MaxSize(64));
    WebSocketClient sockets =
        vertx.createWebSocketClient(
            new WebSocketClientOptions()
                .setMaxConnections(options.viewers)
                .setMaxFrameSize(1 << 20)
                .setMaxMessageSize(1 << 20)
                .setDefaultHost(options.url.getHost())
                .setDefaultPort(options.port())
                .setSsl(options.tls()));
    if (!connect(vertx, new VertxTransport(options.transport, streams, sockets))) {
      return false;
    }
    int comments = options.rate * options.seconds;
    paced(comments, options.rate, number -> post(posts, number));
    until(ARRIVE_SECONDS, () -> answered.get() == comments && report.missing(viewers) == 0);
    return report.print(viewers, out);
  }

  private boolean connect(Vertx vertx, LoadTransport transport) throws InterruptedException {
    long start = System.nanoTime();
    for (int i = 0; i < options.viewers; i++) {
      viewers.add(
          new LoadViewer(
              vertx, transport, report, options.watch(i), () -> watching.incrementAndGet()));
    }
    paced(viewers.size(), options.connectRate, i -> viewers.get(i).connect());
    until(options.watchSeconds, () -> watching.get() >= viewers.size());
    double seconds = (System.nanoTime() - start) / 1e9;
    out.printf(
        "%,d of %,d viewers watch after %.1f s (%,.0f per second)%n",
        watching.get(), viewers.size(), seconds, watching.get() / seconds);
    return watching.get() > 0 || report.print(viewers, out);
  }

  private void post(HttpClient posts, int number) {
    String stream = options.stream(number);
    JsonObject comment =
        new JsonObject()
            .put("user", "author-" + number % 100)
            .put("text", "Comment number " + number)
            .put("id", report.sending(number));
    Future<HttpClientResponse> answer =
        posts
            .request(HttpMethod.POST, "/streams/" + stream + "/comments")
            .compose(
                request -> {
                  request.putHeader("Content-Type", "application/json");
                  if (!options.token.isEmpty()) {
                    request.putHeader("Authorization", "Bearer " + options.token);
                  }
                  return request.send(comment.toBuffer());
                });
    answer
        .onSuccess(response -> report.answered(stream, number, response.statusCode()))
        .onFailure(report::unanswered)
        .onComplete(v -> answered.incrementAndGet());
  }

  /** Does something {@code times} times, {@code rate} times a second. */
  private static void paced(int times, int rate, IntConsumer action) throws InterruptedException {
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      long due = start + i * TimeUnit.SECONDS.toNanos(1) / rate;
      long wait = due - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      action.accept(i);
    }
  }

  private static void until(long seconds, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }
}
