package io.ovation.moderation;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.ovation.moderation.WordList.Action;
import io.ovation.moderation.WordList.Matches;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The patterns of a word list, which are RE2's. One automaton for all of them says of most texts
 * that none matches; those that may match are then tried one by one. Filled before it is published;
 * then any thread.
 */
final class PatternSet {
  /** Counted repetitions are unrolled, so they multiply. */
  private static final long MAX_REPEAT = 1_000;

  private static final java.util.regex.Pattern REPEAT =
      java.util.regex.Pattern.compile("\\{(\\d+)(?:,(\\d*))?}");

  private final List<Regex> screened = new ArrayList<>();
  private final List<Regex> unscreened = new ArrayList<>();
  private @Nullable PatternScreen all;

  /**
   * @param needed what each text that it matches contains; empty if that is not known
   * @param screen null for none
   */
  private record Regex(
      Pattern pattern, String needed, @Nullable PatternScreen screen, Action action) {
    boolean mayMatch(NormalizedText text) {
      return text.text().contains(needed) && (screen == null || screen.mayMatch(text.chars));
    }
  }

  /**
   * @return how many instructions it has
   * @throws IllegalArgumentException if it is not a pattern of RE2, or repeats too much
   */
  int add(String source, Action action) {
    Pattern pattern = compile(source);
    PatternScreen screen = PatternScreen.of(source);
    (screen == null ? unscreened : screened)
        .add(new Regex(pattern, needed(source), screen, action));
    return pattern.programSize();
  }

  /** To be called once, after the last pattern was added. */
  PatternSet ready() {
    if (screened.size() > 1) {
      List<String> sources =
          screened.stream().map(it -> "(?:" + it.pattern().pattern() + ")").toList();
      all = PatternScreen.of(String.join("|", sources));
    }
    return this;
  }

  void find(NormalizedText text, Matches matches) {
    if (!screened.isEmpty() && (all == null || all.mayMatch(text.chars))) {
      screened.forEach(regex -> find(regex, text, matches));
    }
    unscreened.forEach(regex -> find(regex, text, matches));
  }

  private static void find(Regex regex, NormalizedText text, Matches matches) {
    if (!regex.mayMatch(text)) {
      return; // This takes a hundredth of the time.
    }
    Matcher matcher = regex.pattern().matcher(text.text());
    while (matcher.find()) {
      if (matcher.end() > matcher.start()) {
        matches.found(regex.action(), matcher.start(), matcher.end());
      }
      if (regex.action() != Action.MASK) {
        return;
      }
    }
  }

  private static Pattern compile(String pattern) {
    long repeat = 1;
    java.util.regex.Matcher counts = REPEAT.matcher(pattern);
    while (counts.find() && repeat <= MAX_REPEAT) {
      String most =
          counts.group(2) == null || counts.group(2).isEmpty() ? counts.group(1) : counts.group(2);
      repeat *= most.length() > 4 ? MAX_REPEAT + 1 : Math.max(1, Long.parseLong(most));
    }
    if (repeat > MAX_REPEAT) {
      throw new IllegalArgumentException(
          "the counts of repetitions must not exceed " + MAX_REPEAT + " when multiplied");
    }
    try {
      return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("not a pattern of RE2: " + e.getMessage(), e);
    }
  }

  /**
   * The longest run of plain letters and digits that every match has. Empty for patterns with
   * groups, alternatives or escapes, where that takes more to say.
   */
  private static String needed(String pattern) {
    if (!pattern.matches("[^()|\\\\]*")
        || pattern.contains("[]")
        || pattern.contains("[^]")
        || pattern.contains("[:")) {
      return "";
    }
    String longest = "";
    // A character with a quantifier behind it may be missing; so may those of a class.
    String repeated = "(?:\\[[^\\]]*]|[^\\[])(?:[?*+]|\\{[^}]*})+";
    String plain = pattern.replaceAll(repeated + "|\\[[^\\]]*]", " ");
    for (String run : plain.toLowerCase(Locale.ROOT).split("[^a-z0-9]+", -1)) {
      longest = run.length() > longest.length() ? run : longest;
    }
    return longest;
  }
}
