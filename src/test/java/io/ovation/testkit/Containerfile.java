package io.ovation.testkit;

import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code deploy/Containerfile} says that a container runs, as commands of this machine. */
public final class Containerfile {
  private final String image;

  /** Reads the last stage, which is the image. */
  public Containerfile() {
    try {
      String all = Files.readString(Path.of("deploy", "Containerfile"));
      image = all.substring(all.lastIndexOf("\nFROM ")).replaceAll("\\\\\\n\\s*", "");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The words of its entrypoint; {@code /app} is a folder with the jar and without a cache. */
  public List<String> entrypoint(Path jar, Path app) {
    return words("ENTRYPOINT (\\[.*])").stream()
        .map(word -> word.equals("java") ? NodeProcess.java() : word)
        .map(word -> word.equals("/app/app.jar") ? jar.toAbsolutePath().toString() : word)
        .map(word -> word.replace("=/app/", "=" + app + "/"))
        .toList();
  }

  /** The words of its health check. */
  public List<String> healthCheck() {
    return words("HEALTHCHECK .*?CMD (\\[.*])");
  }

  public Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    Matcher found = Pattern.compile("(?m)^ENV (\\w+)=(\\S+)$").matcher(image);
    while (found.find()) {
      environment.put(found.group(1), found.group(2));
    }
    return environment;
  }

  private List<String> words(String instruction) {
    Matcher found = Pattern.compile("(?m)^" + instruction + "$").matcher(image);
    if (!found.find()) {
      throw new AssertionError("no " + instruction + " in " + image);
    }
    return new JsonArray(found.group(1)).stream().map(String.class::cast).toList();
  }
}
