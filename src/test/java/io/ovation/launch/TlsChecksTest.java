package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code check} says of http.tls. */
class TlsChecksTest {
  private static final String KEYTOOL = System.getProperty("java.home") + "/bin/keytool";
  private static final List<String> STORE = List.of("-keystore", "keys", "-storepass", "changeit");

  @TempDir Path directory;

  private Path certificate;
  private Path key;

  @BeforeEach
  void create() throws Exception {
    certificate = directory.resolve("certificate.pem");
    key = Files.writeString(directory.resolve("key.pem"), "key");
    keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=test", "-validity", "20");
    keytool("-exportcert", "-rfc", "-file", certificate.toString());
  }

  private void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(KEYTOOL));
    command.addAll(List.of(arguments));
    command.addAll(STORE);
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    assertThat(process.waitFor()).as(() -> String.join(" ", command)).isZero();
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
    assertThat(check(Duration.ZERO).get(0).text()).contains("can't be read", "certificate.pem");
  }

  @Test
  void withoutTlsThereIsNothingToSay() {
    assertThat(TlsChecks.run(new Config.Tls("", ""), Instant.now())).isEmpty();
  }
}
