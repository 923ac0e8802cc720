package io.ovation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.Config;
import io.ovation.config.ConfigException;
import org.junit.jupiter.api.Test;

class ClusterFileTest {

  @Test
  void theShippedFileStaysOnLoopback() {
    Config config = ClusterFile.load("cluster.xml");
    assertThat(config.getNetworkConfig().getInterfaces().isEnabled()).isTrue();
    assertThat(config.getNetworkConfig().getInterfaces().getInterfaces())
        .containsExactly("127.0.0.1");
    assertThat(config.getNetworkConfig().getJoin().getMulticastConfig().isEnabled()).isFalse();
    assertThat(config.getNetworkConfig().getJoin().getTcpIpConfig().isEnabled()).isTrue();
  }

  @Test
  void theShippedFileFindsAFrozenNodeWithinFiveSeconds() {
    Config config = ClusterFile.load("cluster.xml");
    assertThat(config.getProperty("hazelcast.heartbeat.interval.seconds")).isEqualTo("1");
    assertThat(config.getProperty("hazelcast.max.no.heartbeat.seconds")).isEqualTo("5");
    assertThat(config.getProperty("hazelcast.merge.first.run.delay.seconds")).isEqualTo("5");
    assertThat(config.getProperty("hazelcast.merge.next.run.delay.seconds")).isEqualTo("5");
    assertThat(config.getProperty("hazelcast.phone.home.enabled")).isEqualTo("false");
  }

  @Test
  void aMissingFileIsRefusedByName() {
    assertThatThrownBy(() -> ClusterFile.load("no-such.xml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no-such.xml");
  }
}
