package io.ovation.launch;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.config.ConfigLoader;
import io.ovation.queue.rabbit.RabbitCheck;
import io.ovation.store.redis.RedisCheck;
import io.vertx.core.Vertx;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Checks what a node needs, without starting one: a line each, and for what is wrong what to do.
 * Its exit code is 78 if something is wrong. Writes nothing that stays to RabbitMQ or Redis.
 */
public record CheckCommand(ConfigLoader loader) implements Command {

  @Override
  public String usage() {
    return "check [-cluster] [-conf FILE|JSON]";
  }

  @Override
  public String summary() {
    return "check configuration, ports, keys, RabbitMQ, Redis, cluster, clock and limits";
  }

  @Override
  public int run(List<String> arguments, PrintStream out) {
    List<Finding> findings = new ArrayList<>();
    try {
      ConfigLoader.Loaded loaded = GivenConfig.load(loader, arguments);
      findings.add(Finding.ok("configuration", "every key is known and valid"));
      loaded.warnings().forEach(it -> findings.add(Finding.wrong("configuration", it)));
      check(loaded.config(), arguments.contains("-cluster"), findings);
    } catch (ConfigException e) {
      findings.add(Finding.wrong("configuration", e.getMessage()));
    }
    findings.forEach(out::println);
    long wrong = findings.stream().filter(it -> !it.good()).count();
    out.println(wrong == 0 ? "Everything is in order." : wrong + " to mend, see the lines above.");
    return wrong == 0 ? ExitCode.CLEAN.code() : ExitCode.CONFIG.code();
  }

  private static void check(Config config, boolean clustered, List<Finding> findings) {
    findings.addAll(MachineChecks.run(config));
    findings.addAll(PortChecks.run(config));
    findings.addAll(TlsChecks.run(config.http().tls(), Instant.now()));
    findings.addAll(TrustChecks.run(config));
    if (config.rabbitmq().uri().isEmpty()) {
      findings.add(Finding.ok("queue", "embedded, in " + config.data().dir()));
    } else {
      RabbitCheck.Result found = RabbitCheck.run(config.rabbitmq());
      found.notes().forEach(it -> findings.add(Finding.ok("rabbitmq", it)));
      found.problems().forEach(it -> findings.add(Finding.wrong("rabbitmq", it)));
    }
    if (config.redis().uri().isEmpty()) {
      findings.add(Finding.ok("store", "embedded, in " + config.data().dir()));
    } else {
      redis(config, findings);
    }
    if (clustered) {
      findings.addAll(ClusterChecks.run(config));
    }
  }

  private static void redis(Config config, List<Finding> findings) {
    Vertx vertx = Vertx.vertx();
    try {
      RedisCheck.Result found =
          RedisCheck.run(vertx, config.redis())
              .toCompletionStage()
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS);
      found.notes().forEach(it -> findings.add(Finding.ok("redis", it)));
      found.problems().forEach(it -> findings.add(Finding.wrong("redis", it)));
    } catch (Exception e) {
      findings.add(Finding.wrong("redis", "no answer within 20 s: check redis.uri and the server"));
    } finally {
      vertx.close();
    }
  }
}
