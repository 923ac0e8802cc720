package io.ovation.config;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Builds a {@link Config} from, weakest first: the jar's {@code conf/ovation.yaml}, which holds
 * every default; the same file in the working directory; {@code -conf}; the environment. Reads
 * files on the calling thread; for the start only.
 */
public final class ConfigLoader {
  private static final String FILE = "conf/ovation.yaml";

  private final @Nullable Path directory;
  private final Map<String, String> environment;

  /** For the process as it was started. */
  public ConfigLoader() {
    this(Path.of(""), System.getenv());
  }

  /**
   * @param directory whose {@code conf/ovation.yaml} is read; null for the jar's alone
   */
  public ConfigLoader(@Nullable Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = environment;
  }

  /**
   * @param config the settings in effect
   * @param warnings to be logged once logging is set up
   * @param settings every key, in the order of the file, for people: secrets are masked
   */
  public record Loaded(Config config, List<String> warnings, List<Setting> settings) {}

  /**
   * @param value as it is written in the file
   * @param source {@code default}, a file, {@code -conf} or a variable
   */
  public record Setting(String key, String value, String source) {}

  /**
   * @param conf {@code -conf}'s object, with the file's keys; null without it
   * @throws ConfigException if a key is unknown or its value is not allowed
   */
  public Loaded load(@Nullable JsonObject conf) {
    SourcedValues values = new SourcedValues();
    try (InputStream in = ConfigLoader.class.getResourceAsStream("/" + FILE)) {
      if (in != null) {
        readYaml(FILE + " in the jar", in, values);
      }
      Path file = directory == null ? null : directory.resolve(FILE);
      if (file != null && Files.exists(file)) {
        values.from(file.toString());
        try (InputStream own = Files.newInputStream(file)) {
          readYaml(file.toString(), own, values);
        }
      }
    } catch (IOException e) {
      throw new ConfigException(FILE + " can't be read: " + e);
    }
    if (conf != null) {
      values.from("-conf");
      readTree("-conf", "", conf.getMap(), values);
    }
    values.from("the environment");
    List<String> warnings = readEnvironment(values);
    RegionKeys.queues(values);
    Config config = (Config) build("", Config.class, values);
    CrossKeyChecks.check(config);
    return new Loaded(config, warnings, values.settings());
  }

  private static void readYaml(String source, InputStream in, Map<String, Object> values) {
    Object tree;
    try {
      tree = new Load(LoadSettings.builder().setLabel(source).build()).loadFromInputStream(in);
    } catch (YamlEngineException e) {
      throw new ConfigException(source + " is not valid YAML: " + e.getMessage());
    }
    if (tree instanceof Map<?, ?> map) {
      readTree(source, "", map, values);
    } else if (tree != null) {
      throw new ConfigException(source + ": expected keys with values, as in \"region: local\"");
    }
  }

  private static void readTree(
      String source, String prefix, Map<?, ?> tree, Map<String, Object> values) {
    tree.forEach(
        (name, given) -> {
          String path = prefix + name;
          Object value = given instanceof JsonObject json ? json.getMap() : given;
          if (RegionKeys.isRegion(prefix, String.valueOf(name))) {
            RegionKeys.read(source, String.valueOf(name), value, values);
          } else if (ConfigKeys.RULES.containsKey(path)) {
            values.put(path, checked(source, path, value));
          } else if (value instanceof Map<?, ?> section && !section.isEmpty()) {
            readTree(source, path + ".", section, values);
          } else if (!ConfigKeys.isSection(path)) {
            throw new ConfigException(
                "%s: unknown key %s; the nearest valid key is %s"
                    .formatted(source, path, ConfigKeys.nearest(path)));
          } else if (value != null && !(value instanceof Map)) {
            throw new ConfigException(
                "%s: %s is a section with keys below it, not %s"
                    .formatted(source, path, shown(value)));
          }
        });
  }

  /** Returns warnings. */
  private List<String> readEnvironment(Map<String, Object> values) {
    List<String> warnings = new ArrayList<>();
    new TreeMap<>(environment)
        .forEach(
            (variable, value) -> {
              String path = ConfigKeys.BY_ENV.get(variable);
              if (path != null) {
                values.put(path, checked("environment variable " + variable, path, value));
              } else if (!RegionKeys.readVariable(variable, value, values)
                  && variable.startsWith(ConfigKeys.ENV_PREFIX)) {
                // Kubernetes sets variables of its own for a service named ovation, so an unknown
                // one cannot stop the start.
                warnings.add(
                    "environment variable %s is not known and has no effect; the nearest valid one is %s"
                        .formatted(variable, ConfigKeys.nearestEnv(variable)));
              }
            });
    return List.copyOf(warnings);
  }

  private static Object checked(String source, String path, @Nullable Object raw) {
    ValueRule rule = Objects.requireNonNull(ConfigKeys.RULES.get(path));
    Object value = rule.parse().apply(raw == null ? "" : raw);
    if (value == null) {
      String found = path.matches(".*(secret|token)") ? "can't be used" : "is " + shown(raw);
      throw new ConfigException(
          "%s: %s %s; expected %s".formatted(source, path, found, rule.expected()));
    }
    return value;
  }

  /** URIs carry passwords, and error texts end up in logs. */
  private static String shown(@Nullable Object raw) {
    return raw == null || "".equals(raw)
        ? "empty"
        : "\"" + raw.toString().replaceAll("//[^/]*@", "//***@") + "\"";
  }

  private static Object build(String prefix, Class<?> type, Map<String, Object> values) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String path = prefix + ConfigKeys.snake(components[i].getName());
      arguments[i] = types[i].isRecord() ? build(path + ".", types[i], values) : values.get(path);
      if (arguments[i] == null) {
        throw new ConfigException(FILE + " in the jar has no " + path + ": the build is broken");
      }
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("can't build " + type, e);
    }
  }
}
