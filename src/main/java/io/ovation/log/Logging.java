package io.ovation.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.ovation.config.Config;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.slf4j.LoggerFactory;

/**
 * Configures logback in code, since reading an XML file would add 200 ms to every start. Logback
 * finds this class as a service, so lines logged before the configuration is read look the same.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String TEXT =
      "%d{HH:mm:ss.SSS} %-5level %logger{0} [%thread] %msg%replace( [%X{correlation_id}]){' \\[\\]$', ''}"
          + "%replace( request %X{request_id}){' request $', ''}%n%ex";

  static final String HOST = hostName();
  private static volatile String node = HOST;

  /** Logback calls this once, before the first line. */
  @Override
  public ExecutionStatus configure(LoggerContext context) {
    apply(context, new Config.Log("text", "info"));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Repeated lines that were left out since the process began. */
  public static long leftOut() {
    return RepeatFilter.LEFT_OUT.sum();
  }

  /** From now on each line in {@code json} and {@code ecs} names the node by its id. */
  public static void nameNode(String id) {
    node = id;
  }

  /** The id that other nodes and {@code /admin} know; the host's name until there is one. */
  static String node() {
    return node;
  }

  /** Applies the settings from now on. */
  public static void apply(Config.Log log) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      apply(context, log);
    }
  }

  static void apply(LoggerContext context, Config.Log log) {
    context.reset();
    LayoutBase<ILoggingEvent> layout = layout(log.format());
    layout.setContext(context);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setEncoder(encoder);
    RepeatFilter repeats = new RepeatFilter(System::nanoTime, console::doAppend);
    repeats.setContext(context);
    repeats.start();
    console.addFilter(repeats);
    console.start();
    // Libraries log only problems.
    var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(console);
    // It warns at every start about a part of Hazelcast that is not used here.
    context.getLogger("com.hazelcast.cp.CPSubsystem").setLevel(Level.ERROR);
    // Log each lost connection of a member that left, with its stack; HazelcastCluster logs one
    // line.
    String tcp = "com.hazelcast.internal.server.tcp.TcpServerConnection";
    context.getLogger(tcp).setLevel(Level.ERROR);
    context.getLogger(tcp + "ErrorHandler").setLevel(Level.ERROR);
    String members = "com.hazelcast.internal.cluster.impl.MembershipManager";
    context.getLogger(members).setLevel(Level.ERROR);
    // Hundreds of lines when several members stop at once; each node publishes again what is lost.
    context.getLogger("com.hazelcast.internal.partition").setLevel(Level.ERROR);
    // Logs each attempt to reconnect as an error with its stack; queue.rabbit logs what matters.
    context.getLogger("io.vertx.rabbitmq").setLevel(Level.OFF);
    context.getLogger("com.rabbitmq.client.impl.ForgivingExceptionHandler").setLevel(Level.OFF);
    context.getLogger("io.ovation").setLevel(Level.toLevel(log.level()));
  }

  private static LayoutBase<ILoggingEvent> layout(String format) {
    if (format.equals("json")) {
      return new JsonLayout();
    }
    if (format.equals("ecs")) {
      return new EcsLayout();
    }
    PatternLayout text = new PatternLayout();
    text.setPattern(TEXT);
    return text;
  }

  /** A container's is its pod's name. A lookup by the network might take seconds. */
  private static String hostName() {
    try {
      String name = System.getenv("HOSTNAME");
      return name == null || name.isBlank()
          ? Files.readString(Path.of("/etc/hostname")).strip()
          : name;
    } catch (IOException e) {
      return "unknown";
    }
  }

  /**
   * Formats log events as one JSON object per line, for collectors such as ELK: {@code timestamp}
   * (ISO 8601, UTC), {@code level}, {@code logger}, {@code thread}, {@code message}, {@code
   * service}, {@code host}, {@code node}, the MDC's entries ({@code correlation_id}, {@code
   * message_id}, {@code request_id}, and a trace's {@code trace_id} and {@code span_id}) and, with
   * an exception, {@code stack}.
   */
  private static final class JsonLayout extends LayoutBase<ILoggingEvent> {

    @Override
    public String doLayout(ILoggingEvent event) {
      JsonObject json =
          new JsonObject()
              .put("timestamp", Instant.ofEpochMilli(event.getTimeStamp()).toString())
              .put("level", event.getLevel().toString())
              .put("logger", event.getLoggerName())
              .put("thread", event.getThreadName())
              .put("message", event.getFormattedMessage())
              .put("service", "ovation")
              .put("host", HOST)
              .put("node", node());
      event.getMDCPropertyMap().forEach(json::put);
      IThrowableProxy thrown = event.getThrowableProxy();
      if (thrown != null) {
        json.put("stack", ThrowableProxyUtil.asString(thrown));
      }
      return json.encode() + "\n";
    }
  }
}
