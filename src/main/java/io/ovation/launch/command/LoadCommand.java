package io.ovation.launch.command;

import io.ovation.launch.ExitCode;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.PrintStream;
import java.net.URI;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A small load generator against a running node: viewers of one stream, comments at a fixed rate,
 * then percentiles and losses. Its exit code is 70 if a comment was lost, doubled or out of order.
 */
public final class LoadCommand implements Command {
  private static final int CONNECT_PER_SECOND = 500;
  private static final int SPARE_SECONDS = 60;

  @Override
  public String usage() {
    return "load [--url U] [--stream S] [--viewers N] [--rate N] [--seconds N] [--token T]";
  }

  @Override
  public String summary() {
    return "connect viewers, send comments, and print percentiles and losses";
  }

  @Override
  public int run(List<String> arguments, PrintStream out) {
    LoadRun.Options options = options(arguments);
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    try {
      long limit = options.viewers() / CONNECT_PER_SECOND + options.seconds() + SPARE_SECONDS;
      LoadRun.Result result =
          new LoadRun(vertx, options, CONNECT_PER_SECOND)
              .run()
              .toCompletionStage()
              .toCompletableFuture()
              .get(limit, TimeUnit.SECONDS);
      out.print(result.text());
      return result.good() ? ExitCode.CLEAN.code() : ExitCode.FAILED.code();
    } catch (ExecutionException e) {
      out.println("The load did not run: " + (e.getCause() == null ? e : e.getCause().getMessage()));
      return ExitCode.UNAVAILABLE.code();
    } catch (TimeoutException e) {
      out.println("The load did not end: " + options.url() + " answers too slowly");
      return ExitCode.UNAVAILABLE.code();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FAILED.code();
    } finally {
      vertx.close();
    }
  }

  private static LoadRun.Options options(List<String> arguments) {
    String url = "http://localhost:8080";
    String stream = "load";
    String token = "";
    int viewers = 100;
    int rate = 10;
    int seconds = 10;
    for (int i = 0; i < arguments.size(); i += 2) {
      String name = arguments.get(i);
      if (i + 1 >= arguments.size()) {
        throw new IllegalArgumentException(name + " has no value.");
      }
      String value = arguments.get(i + 1);
      switch (name) {
        case "--url" -> url = value;
        case "--stream" -> stream = value;
        case "--token" -> token = value;
        case "--viewers" -> viewers = number(name, value, 100_000);
        case "--rate" -> rate = number(name, value, 10_000);
        case "--seconds" -> seconds = number(name, value, 86_400);
        default -> throw new IllegalArgumentException("\"" + name + "\" is not understood here.");
      }
    }
    return new LoadRun.Options(uri(url), stream, viewers, rate, seconds, token);
  }

  private static URI uri(String url) {
    URI uri = URI.create(url);
    if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
      throw new IllegalArgumentException("--url is http://host:port or https://…, not " + url);
    }
    return uri;
  }

  private static int number(String name, String value, int max) {
    if (!value.matches("[1-9]\\d{0,5}") || Integer.parseInt(value) > max) {
      throw new IllegalArgumentException(name + " is a number from 1 to " + max + ".");
    }
    return Integer.parseInt(value);
  }
}
