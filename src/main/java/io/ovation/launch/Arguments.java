package io.ovation.launch;

import io.ovation.cluster.Role;
import io.ovation.config.NearestName;
import io.ovation.vertx.LauncherInternals;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The node's command line. The launcher parses it too, but passes neither the verticle's name nor
 * {@code -cluster} to its hooks, and both are needed before Vert.x starts.
 *
 * @param roles all of them unless role classes are named
 * @param clustered {@code -cluster} was given
 * @param conf {@code -conf} was given
 */
public record Arguments(Set<Role> roles, boolean clustered, boolean conf) {

  /** An argument is wrong; the message names it, and what may have been meant. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message + ". --help lists options, roles and commands.", null, false, false);
    }
  }

  /**
   * @param known role classes by name
   * @param commands their names, none of which begins these arguments
   * @throws Refused if an option does not exist or has no value, or a class is named that is not in
   *     {@code known}
   */
  public static Arguments parse(String[] args, Map<String, Role> known, List<String> commands) {
    ParseResult parsed;
    try {
      parsed = LauncherInternals.commandLine().parseArgs(args);
    } catch (ParameterException e) {
      throw new Refused(wrongOption(args, e));
    }
    String named = parsed.matchedPositionalValue(0, "");
    return new Arguments(
        roles(named, known, commands),
        parsed.hasMatchedOption("-cluster"),
        parsed.hasMatchedOption("-conf"));
  }

  /**
   * Parses again, as if no option had one letter only: else {@code -clutser} is told as -lutser.
   */
  private static String wrongOption(String[] args, ParameterException found) {
    CommandLine whole = LauncherInternals.commandLine().setPosixClusteredShortOptionsAllowed(false);
    try {
      whole.parseArgs(args);
    } catch (UnmatchedArgumentException e) {
      String first = e.getUnmatched().get(0);
      Set<String> options = whole.getCommandSpec().optionsMap().keySet();
      return first.startsWith("-")
          ? first + " is not an option; the nearest is " + NearestName.of(first, options)
          : "\"" + first + "\" is not understood here";
    } catch (ParameterException e) {
      return String.valueOf(e.getMessage());
    }
    return String.valueOf(found.getMessage());
  }

  private static Set<Role> roles(String named, Map<String, Role> known, List<String> commands) {
    if (named.isBlank()) {
      return EnumSet.allOf(Role.class);
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String name : named.split(",")) {
      Role role = known.get(name.strip());
      if (role == null) {
        throw unknown(name.strip(), new TreeMap<>(known), commands);
      }
      roles.add(role);
    }
    return roles;
  }

  private static Refused unknown(String name, TreeMap<String, Role> known, List<String> commands) {
    if (commands.contains(name)) {
      return new Refused(name + " is a command: write it before its options");
    }
    List<String> all = Stream.concat(commands.stream(), known.keySet().stream()).toList();
    String nearest =
        NearestName.of(
            all,
            it ->
                Math.min(
                    NearestName.distance(name, it),
                    NearestName.distance(name, it.substring(it.lastIndexOf('.') + 1))));
    String text =
        "%s is neither a command nor a role; the nearest is %s. Commands: %s. Roles, several with"
            + " commas between them, or none for all: %s";
    return new Refused(
        text.formatted(
            name, nearest, String.join(", ", commands), String.join(", ", known.keySet())));
  }
}
