package io.ovation.launch;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.CertificateFile;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks the files of {@code http.tls}. */
final class TlsChecks {
  /** As long before its end as the alert OvationCertificateExpires. */
  private static final Duration SOON = Duration.ofDays(14);

  private TlsChecks() {}

  static List<Finding> run(Config.Tls config, Instant now) {
    List<Finding> findings = new ArrayList<>();
    if (config.used()) {
      findings.add(certificate(config.certificate(), now));
      if (!Files.isReadable(Path.of(config.key()))) {
        findings.add(Finding.wrong("http.tls", config.key() + unreadable("http.tls.key")));
      } else if (findings.get(0).good()) {
        pair(config).ifPresent(findings::add);
      }
    }
    return findings;
  }

  private static Finding certificate(String file, Instant now) {
    Instant expiry;
    try {
      expiry = CertificateFile.expiry(Files.readAllBytes(Path.of(file)));
    } catch (IOException e) {
      return Finding.wrong("http.tls", file + unreadable("http.tls.certificate"));
    } catch (CertificateException e) {
      return Finding.wrong(
          "http.tls", "%s is not a certificate in PEM: %s".formatted(file, e.getMessage()));
    }
    Duration left = Duration.between(now, expiry);
    if (left.isNegative()) {
      return Finding.wrong(
          "http.tls",
          "%s has expired on %s: clients refuse it; put a new one there".formatted(file, expiry));
    }
    String text = "%s expires on %s, in %d days".formatted(file, expiry, left.toDays());
    return left.compareTo(SOON) >= 0
        ? Finding.ok("http.tls", text)
        : Finding.wrong(
            "http.tls", text + ": put a new one there; running nodes take it within seconds");
  }

  /** What is wrong with the two together; nothing is said of a pair that a node can use. */
  private static Optional<Finding> pair(Config.Tls config) {
    Vertx vertx = Vertx.vertx();
    try {
      CertificateFile.requirePair(vertx, config);
      return Optional.empty();
    } catch (ConfigException e) {
      String why = String.valueOf(e.getMessage()).replaceFirst("^http.tls: ", "");
      return Optional.of(Finding.wrong("http.tls", why));
    } finally {
      vertx.close();
    }
  }

  private static String unreadable(String key) {
    return " can't be read: set %s, or give this user the right".formatted(key);
  }
}
