package io.ovation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.config.ConfigLoader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterRequirementsTest {
  private static final String RABBIT = "amqp://guest:guest@127.0.0.1";
  private static final String REDIS = "redis://127.0.0.1";

  @TempDir Path directory;

  @Test
  void aNodeAloneMayKeepEverythingToItself() {
    assertThat(ClusterRequirements.refusal(config("", ""), 1)).isEmpty();
  }

  @Test
  void nodesThatShareQueueAndStoreMayMeet() {
    assertThat(ClusterRequirements.refusal(config(RABBIT, REDIS), 3)).isEmpty();
  }

  @Test
  void aNodeWithAQueueOrStoreOfItsOwnMustNotMeetOthers() {
    assertThat(ClusterRequirements.refusal(config("", REDIS), 2))
        .get()
        .asString()
        .contains("cluster of 2", "its queue", "OVATION_RABBITMQ_URI", "OVATION_REDIS_URI");
    assertThat(ClusterRequirements.refusal(config(RABBIT, ""), 2))
        .get()
        .asString()
        .contains("its store");
  }

  private Config config(String rabbit, String redis) {
    Map<String, String> environment = new HashMap<>();
    environment.put("OVATION_RABBITMQ_URI", rabbit);
    environment.put("OVATION_REDIS_URI", redis);
    return new ConfigLoader(directory, environment).load(null).config();
  }
}
