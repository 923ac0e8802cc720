package io.ovation.bench;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.OpenLoop;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.TestViewer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What tokens, bans, words, hooks, metrics and slow clients cost: with and without are measured in
 * turns, in one run. Arguments: {@code rules}, {@code hooks}, {@code tokens}, {@code metrics},
 * {@code slow}, or the jar of an older release, whose fan-out is compared; without any, the first
 * three. Prints Markdown; exits with 1 if a figure is missed. See {@code docs/benchmarks-trust.md}.
 */
public final class TrustBench {
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final int AHEAD = 256;
  private static final int BURST = 1_024;
  private static final int BANS = 10_000;
  static final String TEXT = "what a goal that was, did everybody see it? number ";

  private boolean missed;

  private TrustBench() {}

  public static void main(String[] arguments) {
    try {
      TrustBench bench = new TrustBench();
      System.out.println("| | figure | required | measured | |\n| --- | --- | --- | --- | --- |");
      List<String> parts =
          arguments.length == 0 ? List.of("rules", "hooks", "tokens") : List.of(arguments);
      for (String part : parts) {
        switch (part) {
          case "rules" -> bench.rules();
          case "hooks" -> bench.hooks();
          case "tokens" -> new CrowdBench(bench).tokens();
          case "slow" -> new SlowClientBench(bench).run();
          case "metrics" -> new MetricsBench(bench).run();
          default -> new CrowdBench(bench).before(Path.of(part));
        }
      }
      System.exit(bench.missed ? 1 : 0);
    } catch (Exception | AssertionError e) {
      e.printStackTrace();
      System.exit(2); // load generators' threads would hold the process
    }
  }

  void row(String what, String figure, String required, String measured, boolean holds) {
    missed |= !holds;
    System.out.printf(
        "| %s | %s | %s | %s | %s |%n", what, figure, required, measured, holds ? "ok" : "MISSED");
  }

  static NodeSpec node(String name) {
    return NodeSpec.named(name)
        .env("OVATION_AUTH_SECRET", SECRET)
        .env("OVATION_VIEWER_CONNECT_RATE", "0");
  }

  static String token(String user, String role) {
    return token(user, role, 0);
  }

  /**
   * @param number that makes it another one
   */
  static String token(String user, String role, int number) {
    return TokenSigner.sign(
        SECRET,
        JsonObject.of("sub", user, "role", role, "streams", JsonArray.of("*"), "jti", number)
            .put("exp", System.currentTimeMillis() / 1000 + 3_600));
  }

  /**
   * Ingress with 10,000 bans and 1,000 lines of words, and with texts that patterns are slow on.
   */
  private void rules() throws Exception {
    List<String> lines = WordListBench.lines();
    Path words = Files.write(Files.createTempFile("words", ".txt"), lines);
    Path harmless =
        Files.write(Files.createTempFile("words", ".txt"), lines.subList(2, lines.size()));
    String hostile = "x".repeat(400) + " " + "a".repeat(90) + "!";
    rule("10,000 bans, 1,000 lines of words", words, "", BANS, TEXT, 0.9);
    rule("the same, texts of 491 characters made to explode", words, "", BANS, hostile, 0.9);
    rule(
        "two patterns made to explode, and such texts",
        words,
        harmless.toString(),
        0,
        hostile,
        0.97);
    Files.delete(words);
    Files.delete(harmless);
  }

  /** Rules in one of two nodes of one process. */
  private void rule(String what, Path words, String others, int bans, String text, double least)
      throws Exception {
    NodeSpec with = NodeSpec.named("rules");
    NodeSpec without = NodeSpec.named("no-rules");
    try (NodeProcess both = PairedBursts.start(with, without, true, words.toString(), others)) {
      ban(with.port(), bans);
      PairedBursts.Result result =
          PairedBursts.measure(
              what,
              least,
              () -> seconds(both.pid(), with.port(), text),
              () -> seconds(both.pid(), without.port(), text));
      row(
          what,
          "comments per CPU-second, of a node "
              + (others.isEmpty() ? "without" : "without the two"),
          text("≥ %.2f ×", least),
          result.toString(),
          result.low() >= least);
    }
  }

  /** Of the process's CPU, for some comments that are all under way together. */
  private static double seconds(long pid, int port, String text) throws Exception {
    double before = ThreadTimes.secondsWithoutCollectors(pid);
    long run = System.nanoTime();
    try (RawHttp http = new RawHttp(port)) {
      for (int sent = 0; sent < BURST; sent += AHEAD) {
        for (int n = sent; n < sent + AHEAD; n++) {
          post(http, text, run, n);
        }
        for (int n = 0; n < AHEAD; n++) {
          if (http.read().status() != 202) {
            throw new AssertionError("refused");
          }
        }
      }
    }
    return ThreadTimes.secondsWithoutCollectors(pid) - before;
  }

  private static void ban(int port, int bans) throws Exception {
    String authorization = "Authorization: Bearer " + token("root", "admin") + "\r\n";
    try (RawHttp http = new RawHttp(port)) {
      for (int i = 0; i < bans; i++) {
        String head = RawHttp.head("PUT", "/bans/troll" + i, "application/json", 2);
        int end = head.indexOf("\r\n") + 2;
        http.write(head.substring(0, end) + authorization + head.substring(end) + "{}");
        if (http.read().status() != 200) {
          throw new AssertionError("ban " + i);
        }
      }
    }
  }

  private static void post(RawHttp http, String text, long run, long n) {
    String json =
        "{\"user\":\"u%d\",\"text\":\"%s%d\",\"id\":\"%d-%d\"}"
            .formatted(n % 1_000, text, n % 10, run, n);
    http.write(RawHttp.head("POST", "/streams/s" + n % 50 + "/comments", "", json.length()) + json);
  }

  static Duration cpu(NodeProcess node) {
    return ProcessHandle.of(node.pid())
        .flatMap(it -> it.info().totalCpuDuration())
        .orElseThrow(() -> new IllegalStateException("no processor time of " + node));
  }

  /** From POST to 202, with a hook that takes its time or is dead, and without one. */
  private void hooks() throws Exception {
    Vertx vertx = Vertx.vertx();
    long[] delay = {20};
    HttpServer backEnd =
        vertx
            .createHttpServer()
            .requestHandler(
                request ->
                    vertx.setTimer(delay[0], t -> request.response().end("{\"action\":\"allow\"}")))
            .listen(0, "127.0.0.1")
            .await();
    String url = "http://127.0.0.1:" + backEnd.actualPort() + "/";
    NodeSpec spec =
        node("hook")
            .env("OVATION_HOOKS_COMMENT", url)
            .env("OVATION_HOOKS_SECRET", SECRET)
            .env("OVATION_VIEWER_CONNECT_RATE", "0");
    try (NodeProcess plain = NodeProcess.start(node("without")).awaitReady();
        NodeProcess hooked = NodeProcess.start(spec).awaitReady();
        TestViewer viewer = TestViewer.watch(hooked, "s1", "viewer")) {
      p99(plain);
      p99(hooked);
      double without = p99(plain);
      hook("answers after 20 ms", 20 + 20, p99(hooked), without);
      delay[0] = 300;
      hook("answers after 300 ms, with a deadline of 200 ms", 200 + 20, p99(hooked), without);
      backEnd.close().await();
      p99(hooked);
      without = p99(plain);
      hook("is dead", without + 20, p99(hooked), without);
      boolean inOrder = inOrder(viewer.all("comment"));
      row("", "each user's comments in their order", "", inOrder ? "all" : "not all", inOrder);
    }
    vertx.close().await();
  }

  private void hook(String what, double most, double p99, double without) {
    String measured = text("%.1f ms (without a hook %.1f ms)", p99, without);
    row("a hook that " + what, "accepted, p99", text("≤ %.1f ms", most), measured, p99 <= most);
  }

  private static double p99(NodeProcess node) {
    long run = System.nanoTime();
    OpenLoop.Script posts =
        new OpenLoop.Script() {
          @Override
          public String path(long n) {
            return "/streams/s1/comments";
          }

          @Override
          public String body(long n, long dueNanos) {
            return "{\"user\":\"u%d\",\"text\":\"%d-%d\"}".formatted(n % 50, run, n);
          }
        };
    try (OpenLoop loop = new OpenLoop(node.port(), 64, posts)) {
      loop.run(100, Duration.ofSeconds(8));
      Histogram latencies = loop.takeLatencies();
      if (loop.answers(202) != loop.posted()) {
        throw new AssertionError("refused: " + loop);
      }
      return latencies.getValueAtPercentile(99) / 1e6;
    }
  }

  private static boolean inOrder(List<JsonObject> comments) {
    Map<String, String> last = new HashMap<>();
    boolean inOrder = comments.size() > 1_000;
    for (JsonObject comment : comments) {
      String[] now = comment.getString("text").split("-", 2);
      String before = last.put(comment.getString("user") + now[0], now[1]);
      inOrder &= before == null || Long.parseLong(before) < Long.parseLong(now[1]);
    }
    return inOrder;
  }

  static String text(String format, Object... values) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] instanceof List<?> list) {
        values[i] =
            String.join(
                ", ",
                list.stream().map(it -> String.format(Locale.ROOT, "%.2f", (Double) it)).toList());
      }
    }
    return String.format(Locale.ROOT, format, values);
  }

  static double median(List<Double> figures) {
    return figures.stream().sorted().skip(figures.size() / 2).findFirst().orElseThrow();
  }
}
