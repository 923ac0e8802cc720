package io.ovation.launch;

import static io.ovation.launch.ClusterChecks.Reached.ANSWERS;
import static io.ovation.launch.ClusterChecks.Reached.REFUSES;
import static io.ovation.launch.ClusterChecks.Reached.SILENT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterChecksTest {

  @Test
  void membersThatCanNotBeReachedBesideOthersAreWrong() {
    Finding cut = ClusterChecks.members(Map.of("a:5701", ANSWERS, "b:5701", SILENT));
    assertThat(cut.good()).isFalse();
    assertThat(cut.text()).contains("can't be reached: b:5701 (a:5701 can)");
  }

  /** A first node, or one of a machine that has not started its other nodes. */
  @Test
  void membersThatHaveNotStartedAreNotWrong() {
    assertThat(ClusterChecks.members(Map.of("a", SILENT, "b", REFUSES)).good()).isTrue();
    Finding some = ClusterChecks.members(Map.of("a", ANSWERS, "b", REFUSES));
    assertThat(some.good()).isTrue();
    assertThat(some.text()).isEqualTo("members that answer: a");
  }

  @Test
  void aMemberAnswersOrRefuses() throws IOException {
    InetAddress host = InetAddress.getLoopbackAddress();
    ServerSocket member = new ServerSocket(0, 1, host);
    String address = "127.0.0.1:" + member.getLocalPort();
    assertThat(ClusterChecks.reach(address)).isEqualTo(ANSWERS);
    member.close();
    assertThat(ClusterChecks.reach(address)).isEqualTo(REFUSES);
    assertThat(ClusterChecks.reach("127.0.0.1:port")).isEqualTo(SILENT);
  }
}
