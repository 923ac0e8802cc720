package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.testkit.TestCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code check} says of http.tls. */
class TlsChecksTest {
  @TempDir Path directory;

  private Path certificate;
  private Path key;

  @BeforeEach
  void create() {
    TestCertificate pair = TestCertificate.create(directory, "one", 20);
    certificate = pair.certificate();
    key = pair.key();
  }

  private List<Finding> check(Duration later) {
    return TlsChecks.run(
        new Config.Tls(certificate.toString(), key.toString()), Instant.now().plus(later));
  }

  @Test
  void aCertificateIsWrongFromFourteenDaysBeforeItsEnd() {
    assertThat(check(Duration.ZERO)).extracting(Finding::good).containsExactly(true);
    assertThat(check(Duration.ofDays(7)))
        .singleElement()
        .satisfies(soon -> assertThat(soon.good()).isFalse())
        .satisfies(soon -> assertThat(soon.text()).contains("in 12 days", "put a new one there"));
    assertThat(check(Duration.ofDays(21)))
        .singleElement()
        .satisfies(over -> assertThat(over.good()).isFalse())
        .satisfies(over -> assertThat(over.text()).contains("has expired on"));
  }

  @Test
  void filesThatAreNotThereOrHoldSomethingElseAreNamed() throws IOException {
    Files.delete(key);
    assertThat(check(Duration.ZERO)).extracting(Finding::good).containsExactly(true, false);
    Files.writeString(certificate, "hello");
    assertThat(check(Duration.ZERO).get(0).text()).contains("is not a certificate in PEM");
    Files.delete(certificate);
    assertThat(check(Duration.ZERO).get(0).text()).contains("can't be read", "one.crt");
  }

  @Test
  void theKeyOfAnotherCertificateIsWrong() {
    key = TestCertificate.create(directory, "other", 20).key();
    assertThat(check(Duration.ZERO)).extracting(Finding::good).containsExactly(true, false);
    assertThat(check(Duration.ZERO).get(1).text()).contains("is not that of the certificate");
  }

  @Test
  void withoutTlsThereIsNothingToSay() {
    assertThat(TlsChecks.run(new Config.Tls("", ""), Instant.now())).isEmpty();
  }
}
