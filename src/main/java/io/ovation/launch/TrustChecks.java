package io.ovation.launch;

import io.ovation.auth.JwtVerifier;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.limits.ClientAddresses;
import io.ovation.moderation.WordListFile;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Checks the keys that tokens are verified with, the trusted proxies, and the word list. */
final class TrustChecks {
  private static final int PATIENCE_SECONDS = 20;

  private TrustChecks() {}

  static List<Finding> run(Config config) {
    List<Finding> findings = new ArrayList<>();
    if (!config.auth().jwks().isEmpty()) {
      findings.add(keys(config.auth()));
    }
    if (!config.http().trustedProxies().isEmpty()) {
      findings.add(proxies(config.http().trustedProxies()));
    }
    if (!config.moderation().words().isEmpty()) {
      findings.add(words(config.moderation().words()));
    }
    return findings;
  }

  private static Finding keys(Config.Auth config) {
    Vertx vertx = Vertx.vertx();
    try {
      JwtVerifier.readKeys(vertx, config).timeout(PATIENCE_SECONDS, TimeUnit.SECONDS).await();
      return Finding.ok("auth.jwks", config.jwks() + " has keys");
    } catch (Exception e) {
      return Finding.wrong(
          "auth.jwks", "(%s) can't be used: %s".formatted(config.jwks(), e.getMessage()));
    } finally {
      vertx.close();
    }
  }

  private static Finding proxies(List<String> trusted) {
    try {
      ClientAddresses.configured(trusted);
      return Finding.ok("proxies", String.join(", ", trusted) + " are trusted");
    } catch (ConfigException e) {
      return Finding.wrong("proxies", e.getMessage());
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
