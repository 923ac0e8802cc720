package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.config.ConfigLoader;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenCommandTest {
  private static final Config.Auth AUTH =
      new ConfigLoader(null, Map.of("OVATION_AUTH_SECRET", "0123456789abcdef0123456789abcdef"))
          .load(null)
          .config()
          .auth();

  @Test
  void anUnknownRoleIsToldWithAllRoles() {
    String[] arguments = {"--user", "alice", "--role", "boss"};
    assertThatThrownBy(() -> TokenCommand.run(arguments, AUTH, Instant.EPOCH))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("--role must be one of viewer, moderator, host, admin, service;");
  }
}
