package io.ovation.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import io.ovation.config.Config;
import io.ovation.testkit.ElasticMapping;
import io.ovation.trace.Correlation;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class LoggingTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final PrintStream out = System.out;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final LoggerContext context = new LoggerContext();

  @AfterEach
  void restore() {
    System.setOut(out);
    context.stop();
  }

  @Test
  void jsonIsOneObjectPerLineWithTheStackInside() {
    apply("json", "info");
    context.getLogger("io.ovation.X").warn("a \"quoted\"\nline", new IllegalStateException("why"));
    context.getLogger("io.ovation.X").info("next");
    List<String> lines = lines();
    assertThat(lines).hasSize(2);
    JsonObject first = new JsonObject(lines.get(0));
    assertThat(first.fieldNames())
        .containsExactly(
            "timestamp",
            "level",
            "logger",
            "thread",
            "message",
            "service",
            "host",
            "node",
            "stack");
    assertThat(first.getString("service")).isEqualTo("ovation");
    assertThat(first.getString("host")).isNotBlank();
    assertThat(first.getString("message")).isEqualTo("a \"quoted\"\nline");
    assertThat(first.getString("level")).isEqualTo("WARN");
    assertThat(first.getString("stack")).contains("IllegalStateException: why", "LoggingTest");
    assertThat(new JsonObject(lines.get(1)).containsKey("stack")).isFalse();
  }

  @Test
  void jsonHasTheTraceOfTheItemAtWork() {
    apply("json", "info");
    context.setMDCAdapter(MDC.getMDCAdapter()); // As the process's own context has it.
    MDC.put("trace_id", "4bf9");
    context.getLogger("io.ovation.X").info("within");
    MDC.remove("trace_id");
    context.getLogger("io.ovation.X").info("after");
    assertThat(new JsonObject(lines().get(0)).getString("trace_id")).isEqualTo("4bf9");
    assertThat(new JsonObject(lines().get(1)).containsKey("trace_id")).isFalse();
  }

  @Test
  void ecsNamesServiceNodeAndErrorAsTheSchemaDoes() {
    apply("ecs", "info");
    context.setMDCAdapter(MDC.getMDCAdapter());
    Runnable logging =
        () -> context.getLogger("io.ovation.X").warn("a\nline", new IllegalStateException("why"));
    Correlation.run("00-" + TRACE + "-00f067aa0ba902b7-00", "m1", "r1", logging);
    assertThat(lines()).hasSize(1);
    JsonObject line = new JsonObject(lines().get(0));
    assertThat(line.getString("@timestamp")).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(line.getString("log.level")).isEqualTo("WARN");
    assertThat(line.getString("message")).isEqualTo("a\nline");
    assertThat(line.getString("service.name")).isEqualTo("ovation");
    assertThat(line.getString("service.node.name")).isNotBlank();
    assertThat(line.getString("error.type")).isEqualTo("java.lang.IllegalStateException");
    assertThat(line.getString("error.stack_trace")).contains("why", "LoggingTest");
    assertThat(line.getString("trace.id")).isEqualTo(TRACE);
    assertThat(line.getString("labels.correlation_id")).isEqualTo(TRACE);
    assertThat(line.getString("labels.message_id")).isEqualTo("m1");
    assertThat(line.getString("http.request.id")).isEqualTo("r1");
  }

  /** Several nodes may run on one host. */
  @Test
  void eachLineNamesTheNodeOnceItHasAnId() {
    apply("json", "info");
    context.getLogger("io.ovation.X").info("first");
    Logging.nameNode("5f1c");
    try {
      context.getLogger("io.ovation.X").info("then");
      apply("ecs", "info");
      context.getLogger("io.ovation.X").info("then");
    } finally {
      Logging.nameNode(Logging.HOST);
    }
    List<JsonObject> lines = lines().stream().map(JsonObject::new).toList();
    assertThat(lines.get(0).getString("node")).isEqualTo(lines.get(0).getString("host"));
    assertThat(lines.get(1).getString("node")).isEqualTo("5f1c");
    assertThat(lines.get(2).getString("service.node.name")).isEqualTo("5f1c");
    assertThat(lines.get(2).getString("host.name")).isEqualTo(lines.get(0).getString("host"));
  }

  @Test
  void filebeatReadsTheLinesAndTheIndexTemplateMapsEveryFieldOfEcs() {
    apply("ecs", "info");
    context.setMDCAdapter(MDC.getMDCAdapter());
    Runnable logging =
        () -> context.getLogger("io.ovation.X").warn("text", new IllegalStateException("why"));
    Correlation.run("00-" + TRACE + "-00f067aa0ba902b7-00", "m1", "r1", logging);
    assertThat(new JsonObject(lines().get(0)).size()).isGreaterThan(15);
    assertThat(new ElasticMapping().faults(lines().get(0))).isEmpty();
  }

  @Test
  void theLevelIsOfOurLoggersAndLibrariesStayAtWarn() {
    apply("text", "debug");
    context.getLogger("io.ovation.X").debug("ours");
    context.getLogger("com.hazelcast").info("theirs");
    context.getLogger("com.hazelcast").warn("trouble");
    assertThat(lines()).hasSize(2).element(0).asString().contains("DEBUG X", "ours");
    assertThat(lines()).element(1).asString().contains("trouble");
  }

  @Test
  void textCarriesTheStack() {
    apply("text", "info");
    context.getLogger("io.ovation.X").error("failed", new IllegalStateException("why"));
    assertThat(lines()).anyMatch(line -> line.contains("IllegalStateException: why"));
  }

  @Test
  void textNamesTheRequestAndItsMessage() {
    apply("text", "info");
    context.setMDCAdapter(MDC.getMDCAdapter());
    Runnable logging = () -> context.getLogger("io.ovation.X").info("a line");
    Correlation.run(null, "m1", "r1", logging);
    logging.run();
    assertThat(lines()).hasSize(2);
    assertThat(lines().get(0)).endsWith("a line [m1] request r1");
    assertThat(lines().get(1)).endsWith("a line");
  }

  private void apply(String format, String level) {
    System.setOut(new PrintStream(written, true, StandardCharsets.UTF_8));
    context.setMDCAdapter(new LogbackMDCAdapter());
    Logging.apply(context, new Config.Log(format, level));
  }

  private List<String> lines() {
    return written.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
