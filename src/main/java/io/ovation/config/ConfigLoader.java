package io.ovation.config;

import io.vertx.core.json.JsonObject;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Config} of, from weakest to strongest: the jar's {@code conf/ovation.yaml}, which
 * holds every default; the same file in the working directory; {@code -conf}; the environment.
 * Blocks on files; for the start only.
 */
public final class ConfigLoader {
  static final String FILE = "conf/ovation.yaml";

  private final @Nullable Path directory;
  private final Map<String, String> environment;

  /** For the process as it was started. */
  public ConfigLoader() {
    this(Path.of(""), System.getenv());
  }

  /**
   * @param directory whose {@code conf/ovation.yaml} counts; null for the jar's alone
   */
  public ConfigLoader(@Nullable Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = environment;
  }

  /**
   * @param config the settings in effect
   * @param warnings what the operator should hear of once there is a log
   */
  public record Loaded(Config config, List<String> warnings) {}

  /**
   * @param conf {@code -conf}'s object, with the file's keys; null without it
   * @throws ConfigException if a key is unknown or holds what it may not
   */
  public Loaded load(@Nullable JsonObject conf) {
    Map<String, Object> values = new LinkedHashMap<>(YamlFile.resource(FILE).values());
    if (directory != null && Files.exists(directory.resolve(FILE))) {
      values.putAll(YamlFile.read(directory.resolve(FILE)).values());
    }
    if (conf != null) {
      values.putAll(ConfigSource.of("-conf", plain(conf)).values());
    }
    List<String> warnings = new ArrayList<>();
    new TreeMap<>(environment)
        .forEach((variable, value) -> override(variable, value, values, warnings));
    Config config = (Config) build("", Config.class, values);
    CrossKeyChecks.check(config);
    return new Loaded(config, List.copyOf(warnings));
  }

  private static void override(
      String variable, String value, Map<String, Object> values, List<String> warnings) {
    String path = ConfigKeys.byEnv().get(variable);
    if (path != null) {
      values.put(path, ConfigSource.check("environment variable " + variable, path, value));
    } else if (ConfigKeys.isEnv(variable)) {
      // Kubernetes sets variables of its own for a service called ovation, so this can't refuse.
      warnings.add(
          "environment variable "
              + variable
              + " is not known and has no effect; the nearest valid one is "
              + ConfigKeys.nearestEnv(variable));
    }
  }

  private static Map<String, Object> plain(JsonObject json) {
    Map<String, Object> plain = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : json) {
      Object value = entry.getValue();
      plain.put(entry.getKey(), value instanceof JsonObject object ? plain(object) : value);
    }
    return plain;
  }

  private static Object build(String prefix, Class<?> type, Map<String, Object> values) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String path = prefix + ConfigKeys.snake(components[i].getName());
      Class<?> of = components[i].getType();
      arguments[i] = of.isRecord() ? build(path + ".", of, values) : value(path, values);
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(types).newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("can't build " + type, e);
    }
  }

  private static Object value(String path, Map<String, Object> values) {
    Object value = values.get(path);
    if (value == null) {
      throw new ConfigException(FILE + " in the jar has no " + path + ": the build is broken");
    }
    return value;
  }
}
