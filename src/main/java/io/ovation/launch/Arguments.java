package io.ovation.launch;

import io.ovation.cluster.Role;
import io.ovation.vertx.LauncherInternals;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The node's command line. The launcher parses it too, but passes neither the verticle's name nor
 * {@code -cluster} to its hooks, and both are needed before Vert.x starts.
 *
 * @param roles all of them unless role classes are named
 * @param clustered {@code -cluster} was given
 * @param conf {@code -conf} was given
 */
public record Arguments(Set<Role> roles, boolean clustered, boolean conf) {

  /** The named class is not a role; the message lists the classes that are. */
  public static final class UnknownRole extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnknownRole(String name, Map<String, Role> known) {
      super(
          name
              + " is not a role of this server. Name one of these classes, or several with commas"
              + " between them, or none for all: "
              + String.join(", ", new TreeMap<>(known).keySet()),
          null,
          false,
          false);
    }
  }

  /**
   * @param known role classes by name
   * @throws UnknownRole if a class is named that is not in {@code known}
   */
  public static Arguments parse(String[] args, Map<String, Role> known) {
    ParseResult parsed;
    try {
      parsed = LauncherInternals.commandLine().parseArgs(args);
    } catch (ParameterException e) {
      // The launcher refuses it and prints its usage.
      return new Arguments(EnumSet.allOf(Role.class), false, false);
    }
    String named = parsed.matchedPositionalValue(0, "");
    return new Arguments(
        roles(named, known), parsed.hasMatchedOption("-cluster"), parsed.hasMatchedOption("-conf"));
  }

  private static Set<Role> roles(String named, Map<String, Role> known) {
    if (named.isBlank()) {
      return EnumSet.allOf(Role.class);
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String name : named.split(",")) {
      Role role = known.get(name.strip());
      if (role == null) {
        throw new UnknownRole(name.strip(), known);
      }
      roles.add(role);
    }
    return roles;
  }
}
