package io.ovation.load;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What to load a node with. */
final class LoadOptions {
  @Option(
      names = "--url",
      defaultValue = "http://localhost:8080",
      description = "Of the node, or of the proxy in front of it. Default: ${DEFAULT-VALUE}")
  URI url = URI.create("http://localhost:8080");

  @Option(
      names = "--viewers",
      defaultValue = "100",
      description = "Default: ${DEFAULT-VALUE}. A process may need a higher limit of open files.")
  int viewers;

  @Option(
      names = "--streams",
      defaultValue = "1",
      description =
          "Viewers and comments are spread over them; they are named load-0, load-1, ... Default:"
              + " ${DEFAULT-VALUE}")
  int streams;

  @Option(
      names = "--rate",
      defaultValue = "10",
      description = "Comments per second, over all streams. Default: ${DEFAULT-VALUE}")
  int rate;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "How long comments are sent, once all viewers watch. Default: ${DEFAULT-VALUE}")
  int seconds;

  @Option(
      names = "--connect-rate",
      defaultValue = "500",
      description = "Viewers that connect per second. Default: ${DEFAULT-VALUE}")
  int connectRate;

  @Option(
      names = "--watch-seconds",
      defaultValue = "60",
      description = "How long to wait until all viewers watch. Default: ${DEFAULT-VALUE}")
  int watchSeconds;

  @Option(
      names = "--transport",
      defaultValue = "websocket",
      description = "websocket, sse, or xhr (SockJS' xhr-streaming). Default: ${DEFAULT-VALUE}")
  VertxTransport.Kind transport = VertxTransport.Kind.WEBSOCKET;

  @Option(names = "--token", defaultValue = "", description = "Sent with each watch and comment.")
  String token = "";

  @Option(names = "--help", usageHelp = true, description = "Prints this.")
  boolean help;

  void check(CommandLine line) {
    require(line, url.getHost() != null, "--url must be like http://localhost:8080, not " + url);
    int least =
        Math.min(Math.min(viewers, streams), Math.min(rate, Math.min(seconds, connectRate)));
    require(line, least > 0, "numbers must be at least 1");
    require(line, (long) rate * seconds <= 10_000_000, "--rate × --seconds: at most 10,000,000");
  }

  private static void require(CommandLine line, boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(line, message);
    }
  }

  boolean tls() {
    return "https".equals(url.getScheme());
  }

  int port() {
    return url.getPort() >= 0 ? url.getPort() : tls() ? 443 : 80;
  }

  /** What the viewer of this number asks for. */
  JsonObject watch(int number) {
    JsonObject watch =
        new JsonObject().put("stream", stream(number)).put("user", "viewer-" + number);
    return token.isEmpty() ? watch : watch.put("token", token);
  }

  String stream(int number) {
    return "load-" + number % streams;
  }
}
