package io.ovation.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of reactions: a list in YAML and JSON; blanks or commas between them in the
 * environment, which has nothing but strings.
 */
final class ReactionKindsRule {
  private static final int MOST = 32;

  static final ValueRule RULE =
      new ValueRule(
          "a list of 1 to " + MOST + " different kinds, each 1-32 of a-z 0-9 _",
          ReactionKindsRule::parse);

  /** As the dispatcher takes them, too. */
  private static final Pattern KIND = Pattern.compile("[a-z0-9_]{1,32}");

  private ReactionKindsRule() {}

  private static @Nullable Object parse(Object raw) {
    List<String> kinds = new ArrayList<>();
    if (raw instanceof List<?> list) {
      list.forEach(kind -> kinds.add(String.valueOf(kind)));
    } else if (raw instanceof String text) {
      kinds.addAll(List.of(text.trim().split("[\\s,]+")));
    }
    boolean good =
        !kinds.isEmpty()
            && kinds.size() <= MOST
            && kinds.stream().distinct().count() == kinds.size()
            && kinds.stream().allMatch(kind -> KIND.matcher(kind).matches());
    return good ? kinds : null;
  }
}
