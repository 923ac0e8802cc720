package io.ovation.launch;

import com.hazelcast.config.ClasspathXmlConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.FileSystemXmlConfig;
import com.hazelcast.core.HazelcastException;
import io.ovation.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads Hazelcast's {@code cluster.xml} from the working directory, else from the jar. */
public final class HazelcastConfigFile {
  static {
    // Read before the property of that name in cluster.xml: two lines in a format of their own.
    System.setProperty("hazelcast.logging.type", "slf4j");
  }

  private HazelcastConfigFile() {}

  /**
   * @throws ConfigException if there is no such file, or Hazelcast can't parse it
   */
  public static Config load(String name) {
    try {
      boolean own = Files.exists(Path.of(name));
      return own ? new FileSystemXmlConfig(name) : new ClasspathXmlConfig(name);
    } catch (IOException | HazelcastException | IllegalArgumentException e) {
      String why = "cluster.file %s can't be used (looked up in %s, then in the jar): %s";
      throw new ConfigException(why.formatted(name, Path.of("").toAbsolutePath(), e.getMessage()));
    }
  }
}
