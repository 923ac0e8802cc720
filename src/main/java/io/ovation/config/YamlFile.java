package io.ovation.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML 1.2 into a {@link ConfigSource}. */
final class YamlFile {
  private YamlFile() {}

  static ConfigSource read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return parse(file.toString(), in);
    } catch (IOException e) {
      throw new ConfigException(file + " can't be read: " + e);
    }
  }

  static ConfigSource resource(String name) {
    try (InputStream in = YamlFile.class.getResourceAsStream("/" + name)) {
      if (in == null) {
        throw new ConfigException(name + " is missing from the jar: the build is broken");
      }
      return parse(name + " in the jar", in);
    } catch (IOException e) {
      throw new ConfigException(name + " in the jar can't be read: " + e);
    }
  }

  private static ConfigSource parse(String source, InputStream in) {
    Object tree;
    try {
      tree = new Load(LoadSettings.builder().setLabel(source).build()).loadFromInputStream(in);
    } catch (YamlEngineException e) {
      throw new ConfigException(source + " is not valid YAML: " + e.getMessage());
    }
    if (tree == null) {
      return new ConfigSource(source, Map.of());
    }
    if (tree instanceof Map<?, ?> map) {
      return ConfigSource.of(source, map);
    }
    throw new ConfigException(source + ": expected keys with values, as in \"region: local\"");
  }
}
