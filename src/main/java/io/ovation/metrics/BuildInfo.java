package io.ovation.metrics;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Which build this process runs, for the start line, {@code /health} and the metric {@code
 * ovation_build_info}.
 *
 * @param version of the release
 * @param commit the first characters of the git commit; {@value #UNKNOWN} if it was built without
 *     git
 */
public record BuildInfo(String version, String commit) {
  /** Also of classes that an IDE compiled without the build's resources. */
  public static final String UNKNOWN = "unknown";

  private static final String RESOURCE = "build.properties";

  /** Reads what Maven wrote into the classes. */
  public static BuildInfo load() {
    try (InputStream resource = BuildInfo.class.getResourceAsStream(RESOURCE)) {
      Properties written = new Properties();
      if (resource != null) {
        written.load(resource);
      }
      return of(written);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static BuildInfo of(Properties written) {
    return new BuildInfo(value(written, "version"), value(written, "commit"));
  }

  /** A placeholder that nobody replaced is no value. */
  private static String value(Properties written, String key) {
    String value = written.getProperty(key, "").strip();
    return value.isEmpty() || value.startsWith("${") ? UNKNOWN : value;
  }

  /** Registers {@code ovation_build_info}, whose value is always 1. */
  public void register(Metrics metrics) {
    String help = "The build that this node runs, in its labels; always 1";
    String[] tags = {"version", version, "commit", commit};
    metrics.gauge("ovation.build.info", help, this, build -> 1, tags);
  }

  /** As people read it: {@code 0.2.0 (1a2b3c4d5e6f)}. */
  @Override
  public String toString() {
    return version + " (" + commit + ")";
  }
}
