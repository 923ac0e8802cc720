package io.ovation;

import com.hazelcast.config.Config;
import io.ovation.cluster.BusHeartbeat;
import io.ovation.config.ConfigException;
import io.ovation.config.ConfigLoader;
import io.ovation.http.PortProbe;
import io.ovation.launch.Arguments;
import io.ovation.launch.CheckCommand;
import io.ovation.launch.Commands;
import io.ovation.launch.ConfigCommand;
import io.ovation.launch.DelegatedCommand;
import io.ovation.launch.ExitCode;
import io.ovation.launch.HazelcastConfigFile;
import io.ovation.launch.TokenCommand;
import io.ovation.load.LoadCommand;
import io.ovation.log.Logging;
import io.ovation.metrics.Metrics;
import io.ovation.node.RoleDeployer;
import io.ovation.vertx.LauncherInternals;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.launcher.application.HookContext;
import io.vertx.launcher.application.VertxApplication;
import io.vertx.launcher.application.VertxApplicationHooks;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command line: Vert.x's launcher, with one {@link Node} as the verticle. */
public final class Main extends VertxApplication implements VertxApplicationHooks {
  private static final Logger log = LoggerFactory.getLogger(Main.class);

  private final Arguments arguments;
  private ConfigLoader.@Nullable Loaded loaded;
  private @Nullable HazelcastClusterManager cluster;
  private @Nullable Node node;

  private Main(String[] args, List<String> commands) {
    super(args, null, true, false);
    arguments = Arguments.parse(args, RoleDeployer.ROLE_CLASSES, commands);
  }

  public static void main(String[] args) {
    Commands commands = commands();
    OptionalInt ended = commands.run(args, System.out);
    if (ended.isPresent()) {
      System.out.flush();
      System.exit(ended.getAsInt());
    }
    try {
      ExitCode.unlessClean(new Main(args, commands.names()).launch());
    } catch (Arguments.Refused e) {
      log.error(e.getMessage());
      ExitCode.USAGE.now();
    }
  }

  private static int printToken(String[] arguments, PrintStream out) {
    try {
      io.ovation.config.Config settings = new ConfigLoader().load(null).config();
      out.println(TokenCommand.run(arguments, settings.auth(), Instant.now()));
      return ExitCode.CLEAN.code();
    } catch (ConfigException e) {
      System.err.println(e.getMessage()); // A script takes what is printed for the token.
      return ExitCode.USAGE.code();
    }
  }

  private static Commands commands() {
    List<String> roles = RoleDeployer.ROLE_CLASSES.keySet().stream().sorted().toList();
    ConfigLoader loader = new ConfigLoader();
    return new Commands(
        roles,
        new CheckCommand(loader),
        new ConfigCommand(loader),
        new DelegatedCommand(
            "load [--viewers N] [--rate N] [--seconds N] …",
            "connect viewers to a running node, send comments, print percentiles and losses",
            LoadCommand::run),
        new DelegatedCommand(TokenCommand.USAGE, "print a token for trying", Main::printToken));
  }

  @Override
  public @Nullable JsonObject afterConfigParsed(@Nullable JsonObject conf) {
    try {
      if (arguments.conf() && conf == null) {
        throw new ConfigException("-conf names neither a JSON file that can be read nor an object");
      }
      ConfigLoader.Loaded settings = new ConfigLoader().load(conf);
      Logging.apply(settings.config().log());
      settings.warnings().forEach(log::warn);
      PortProbe.require(settings.config());
      loaded = settings;
    } catch (ConfigException e) {
      throw refuse(e);
    }
    return conf;
  }

  @Override
  public VertxBuilder createVertxBuilder(VertxOptions options) {
    options.setPreferNativeTransport(true);
    if (options.getEventLoopPoolSize() == VertxOptions.DEFAULT_EVENT_LOOP_POOL_SIZE) {
      // Nothing blocks a loop, so that twice as many as cores would only take turns with each
      // other.
      options.setEventLoopPoolSize(Runtime.getRuntime().availableProcessors());
    }
    // Nothing is read from the class path through Vert.x, which would make a directory for it under
    // /tmp: one is left behind by each kill, and a container's file system may be read-only.
    options.getFileSystemOptions().setClassPathResolvingEnabled(false).setFileCachingEnabled(false);
    BusHeartbeat.tune(options.getEventBusOptions());
    VertxBuilder builder = Vertx.builder().with(options);
    if (!arguments.clustered()) {
      return builder;
    }
    try {
      Config hazelcast = HazelcastConfigFile.load(config().cluster().file());
      cluster = new HazelcastClusterManager(hazelcast);
    } catch (ConfigException e) {
      throw refuse(e);
    }
    return builder.withClusterManager(cluster);
  }

  @Override
  public Supplier<? extends Deployable> verticleSupplier() {
    node = new Node(config(), arguments.roles(), new Metrics(), cluster);
    return () -> Objects.requireNonNull(node);
  }

  /** A node spreads over all event loops by itself, and blocks none. */
  @Override
  public void beforeDeployingVerticle(HookContext context) {
    DeploymentOptions options = context.deploymentOptions();
    if (options.getInstances() != 1 || options.getThreadingModel() != ThreadingModel.EVENT_LOOP) {
      log.warn("-instances, -worker and -virtual-thread have no effect: one node uses every core");
      options.setInstances(1).setThreadingModel(ThreadingModel.EVENT_LOOP);
    }
  }

  /** The launcher closes Vert.x next, which would stop everything at once instead of in order. */
  @Override
  public void beforeStoppingVertx(HookContext context) {
    if (node != null) {
      node.stopInOrder();
    }
  }

  @Override
  public void afterVertxStopped(HookContext context) {
    ExitCode.halt();
  }

  @Override
  public void afterFailureToStopVertx(HookContext context, @Nullable Throwable cause) {
    log.warn("Vert.x did not stop cleanly; ending the process anyway", cause);
    ExitCode.halt();
  }

  private io.ovation.config.Config config() {
    return Objects.requireNonNull(loaded).config();
  }

  private static RuntimeException refuse(ConfigException e) {
    log.error("not started: {}", e.getMessage());
    return LauncherInternals.abortLaunch(ExitCode.CONFIG.code());
  }
}
