package io.ovation.launch;

import io.ovation.auth.AccessControl;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.WordListFile;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Checks the keys that tokens are verified with, and the word list. */
final class TrustChecks {
  private static final int PATIENCE_SECONDS = 20;

  private TrustChecks() {}

  static List<Finding> run(Config config) {
    List<Finding> findings = new ArrayList<>();
    if (!config.auth().jwks().isEmpty()) {
      findings.add(keys(config.auth()));
    }
    if (!config.moderation().words().isEmpty()) {
      findings.add(words(config.moderation().words()));
    }
    return findings;
  }

  private static Finding keys(Config.Auth config) {
    Vertx vertx = Vertx.vertx();
    try {
      AccessControl.open(vertx, config, InstantSource.system(), new Metrics())
          .timeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .await();
      return Finding.ok("auth.jwks", config.jwks() + " has keys");
    } catch (Exception e) {
      return Finding.wrong("auth.jwks", e.getMessage());
    } finally {
      vertx.close();
    }
  }

  private static Finding words(String file) {
    try {
      new WordListFile(Path.of(file));
      return Finding.ok("words", file + " is valid");
    } catch (ConfigException e) {
      return Finding.wrong("words", e.getMessage());
    }
  }
}
