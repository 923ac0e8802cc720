package io.ovation.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Properties;
import org.junit.jupiter.api.Test;

class BuildInfoTest {
  @Test
  void versionAndCommitAreWhatTheBuildWrote() {
    BuildInfo build = BuildInfo.of(written("0.2.0", "1a2b3c4d5e6f"));
    assertThat(build).isEqualTo(new BuildInfo("0.2.0", "1a2b3c4d5e6f"));
    assertThat(build).hasToString("0.2.0 (1a2b3c4d5e6f)");
  }

  @Test
  void whatTheBuildDidNotWriteIsUnknown() {
    assertThat(BuildInfo.of(new Properties())).isEqualTo(new BuildInfo(BuildInfo.UNKNOWN, BuildInfo.UNKNOWN));
    assertThat(BuildInfo.of(written("0.2.0", "${build.commit}")))
        .isEqualTo(new BuildInfo("0.2.0", BuildInfo.UNKNOWN));
  }

  @Test
  void metricHasTheBuildInItsLabels() {
    Metrics metrics = new Metrics();
    new BuildInfo("0.2.0", "1a2b3c4d5e6f").register(metrics);
    assertThat(metrics.scrape())
        .contains("ovation_build_info{commit=\"1a2b3c4d5e6f\",version=\"0.2.0\"} 1");
  }

  private static Properties written(String version, String commit) {
    Properties properties = new Properties();
    properties.setProperty("version", version);
    properties.setProperty("commit", commit);
    return properties;
  }
}
