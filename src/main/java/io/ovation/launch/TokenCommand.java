package io.ovation.launch;

import io.ovation.auth.AccessRole;
import io.ovation.auth.TokenSigner;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.body.InputRules;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code java -jar app.jar token}: prints a token signed with {@code auth.secret}, for trying. */
public final class TokenCommand {
  public static final String USAGE =
      "token --user NAME [--role viewer|moderator|host|admin|service] [--stream NAME or PREFIX*]..."
          + " [--ttl 1h]";

  private static final Pattern TTL = Pattern.compile("(\\d{1,6})([smhd])");
  private static final Duration DEFAULT_TTL = Duration.ofHours(1);

  private TokenCommand() {}

  /**
   * @param args what followed the word {@code token}
   * @return the token
   * @throws ConfigException if an argument is not valid, or {@code auth.secret} is not set
   */
  public static String run(String[] args, Config.Auth config, Instant now) {
    JsonObject claims = new JsonObject();
    List<String> streams = new ArrayList<>();
    Duration ttl = DEFAULT_TTL;
    for (int i = 0; i < args.length; i += 2) {
      String value = i + 1 < args.length ? args[i + 1] : "";
      switch (args[i]) {
        case "--user" -> claims.put("sub", valid("--user", value, InputRules.userFault(value)));
        case "--role" -> claims.put("role", role(value));
        case "--stream" -> streams.add(stream(value));
        case "--ttl" -> ttl = ttl(value);
        default -> throw usage("unknown argument " + args[i]);
      }
    }
    if (!claims.containsKey("sub")) {
      throw usage("--user is missing");
    }
    if (config.secret().isEmpty()) {
      throw new ConfigException(
          "a token is signed with auth.secret, which is empty: set it (OVATION_AUTH_SECRET) to 32"
              + " characters or more, as from `openssl rand -hex 32`");
    }
    if (!streams.isEmpty()) {
      claims.put("streams", new JsonArray(streams));
    }
    putIfSet(claims, "iss", config.issuer());
    putIfSet(claims, "aud", config.audience());
    claims.put("exp", now.plus(ttl).getEpochSecond());
    return TokenSigner.sign(config.secret(), claims);
  }

  private static String role(String value) {
    List<String> known = Arrays.stream(AccessRole.values()).map(AccessRole::text).toList();
    String fault = known.contains(value) ? null : "must be one of " + String.join(", ", known);
    return valid("--role", value, fault);
  }

  private static String stream(String value) {
    String name = value.endsWith("*") ? value.substring(0, value.length() - 1) + "x" : value;
    return valid("--stream", value, InputRules.streamFault(name));
  }

  private static Duration ttl(String value) {
    Matcher matcher = TTL.matcher(value);
    if (!matcher.matches()) {
      throw usage("--ttl must be a duration, as in 90s, 5m, 1h, 7d");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  private static String valid(String argument, String value, @Nullable String fault) {
    if (fault != null) {
      throw usage(argument + " " + fault);
    }
    return value;
  }

  private static void putIfSet(JsonObject claims, String name, String value) {
    if (!value.isEmpty()) {
      claims.put(name, value);
    }
  }

  private static ConfigException usage(String why) {
    return new ConfigException(why + "; usage: " + USAGE);
  }
}
