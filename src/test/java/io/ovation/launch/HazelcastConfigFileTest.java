package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.EndpointConfig;
import com.hazelcast.instance.EndpointQualifier;
import io.ovation.config.ConfigException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HazelcastConfigFileTest {

  @Test
  void theShippedFileStaysOnLoopback() {
    Config config = HazelcastConfigFile.load("cluster.xml");
    AdvancedNetworkConfig network = config.getAdvancedNetworkConfig();
    EndpointConfig members =
        Objects.requireNonNull(network.getEndpointConfigs().get(EndpointQualifier.MEMBER));
    assertThat(network.isEnabled()).isTrue();
    assertThat(network.getEndpointConfigs()).hasSize(1);
    assertThat(members.getInterfaces().isEnabled()).isTrue();
    assertThat(members.getInterfaces().getInterfaces()).containsExactly("127.0.0.1");
    assertThat(network.getJoin().getMulticastConfig().isEnabled()).isFalse();
    assertThat(network.getJoin().getTcpIpConfig().isEnabled()).isTrue();
  }

  @Test
  void theShippedFileFindsAFrozenNodeInTime() {
    Config config = HazelcastConfigFile.load("cluster.xml");
    assertThat(config.getProperty("hazelcast.heartbeat.interval.seconds")).isEqualTo("1");
    assertThat(config.getProperty("hazelcast.max.no.heartbeat.seconds")).isEqualTo("6");
    assertThat(config.getProperty("hazelcast.merge.first.run.delay.seconds")).isEqualTo("5");
    assertThat(config.getProperty("hazelcast.merge.next.run.delay.seconds")).isEqualTo("5");
    assertThat(config.getProperty("hazelcast.phone.home.enabled")).isEqualTo("false");
  }

  @Test
  void aMissingFileIsRefusedByName() {
    assertThatThrownBy(() -> HazelcastConfigFile.load("no-such.xml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no-such.xml");
  }
}
