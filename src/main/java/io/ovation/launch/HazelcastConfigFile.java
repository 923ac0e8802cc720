package io.ovation.launch;

import com.hazelcast.config.Config;
import com.hazelcast.config.InvalidConfigurationException;
import com.hazelcast.config.XmlConfigBuilder;
import io.ovation.config.ConfigException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads Hazelcast's {@code cluster.xml} from the working directory, else from the jar. */
public final class HazelcastConfigFile {
  private HazelcastConfigFile() {}

  /**
   * @throws ConfigException if there is no such file, or Hazelcast can't parse it
   */
  public static Config load(String name) {
    try (InputStream in = open(name)) {
      return new XmlConfigBuilder(in).build();
    } catch (IOException | InvalidConfigurationException e) {
      throw new ConfigException("cluster.file " + name + " can't be used: " + e.getMessage());
    }
  }

  private static InputStream open(String name) throws IOException {
    Path file = Path.of(name);
    if (Files.exists(file)) {
      return Files.newInputStream(file);
    }
    InputStream in = HazelcastConfigFile.class.getResourceAsStream("/" + name);
    if (in == null) {
      throw new FileNotFoundException(
          "it is neither in " + Path.of("").toAbsolutePath() + " nor in the jar");
    }
    return in;
  }
}
