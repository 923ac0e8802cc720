package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.auth.AccessRole;
import io.ovation.auth.Caller;
import io.ovation.auth.JwtVerifier;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.config.ConfigLoader;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenCommandTest {
  private static final Config.Auth AUTH =
      new ConfigLoader(null, Map.of("OVATION_AUTH_SECRET", "0123456789abcdef0123456789abcdef"))
          .load(null)
          .config()
          .auth();

  @Test
  void aNodeWithTheSecretTakesTheToken() {
    String[] arguments = {
      "--user", "alice", "--role", "moderator", "--stream", "s*", "--ttl", "90s"
    };
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    String token = TokenCommand.run(arguments, AUTH, now);
    Vertx vertx = Vertx.vertx();
    try {
      Caller caller = verify(vertx, token, now.plusSeconds(89));
      assertThat(caller.user()).isEqualTo("alice");
      assertThat(caller.role()).isEqualTo(AccessRole.MODERATOR);
      assertThat(caller.refusal(AccessRole.MODERATOR, "s1")).isNull();
      assertThat(caller.refusal(AccessRole.MODERATOR, "t1")).isNotNull();
      assertThatThrownBy(() -> verify(vertx, token, now.plusSeconds(600)))
          .isInstanceOf(ProblemException.class);
    } finally {
      vertx.close();
    }
  }

  private static Caller verify(Vertx vertx, String token, Instant now) {
    return JwtVerifier.open(vertx, AUTH, InstantSource.fixed(now), new Metrics())
        .compose(verifier -> verifier.verify(token))
        .await();
  }

  @Test
  void theUsageIsToldAlsoWithoutASecret() {
    Config.Auth none = new ConfigLoader(null, Map.of()).load(null).config().auth();
    assertThatThrownBy(() -> TokenCommand.run(new String[] {"--help"}, none, Instant.EPOCH))
        .hasMessageContaining("usage: token --user NAME");
    String[] arguments = {"--user", "alice"};
    assertThatThrownBy(() -> TokenCommand.run(arguments, none, Instant.EPOCH))
        .hasMessageContaining("OVATION_AUTH_SECRET");
  }

  @Test
  void anUnknownRoleIsToldWithAllRoles() {
    String[] arguments = {"--user", "alice", "--role", "boss"};
    assertThatThrownBy(() -> TokenCommand.run(arguments, AUTH, Instant.EPOCH))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("--role must be one of viewer, moderator, host, admin, service;");
  }
}
