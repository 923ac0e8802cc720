package io.ovation.launch;

import io.ovation.config.ConfigException;
import io.ovation.config.ConfigLoader;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Loads the configuration that a node with the same arguments would have. */
final class GivenConfig {
  private GivenConfig() {}

  /** Understands {@code -conf FILE|JSON} and {@code -cluster}, as for a node. */
  static ConfigLoader.Loaded load(ConfigLoader loader, List<String> arguments) {
    JsonObject conf = null;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("-conf") && i + 1 < arguments.size()) {
        conf = conf(arguments.get(++i));
      } else if (!argument.equals("-cluster")) {
        throw new IllegalArgumentException("\"" + argument + "\" is not understood here.");
      }
    }
    return loader.load(conf);
  }

  private static JsonObject conf(String given) {
    try {
      boolean inline = given.strip().startsWith("{");
      return new JsonObject(inline ? given : Files.readString(Path.of(given)));
    } catch (IOException | DecodeException e) {
      throw new ConfigException("-conf names neither a JSON file that can be read nor an object");
    }
  }
}
