package io.ovation.moderation;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Words and patterns that comments may not have. A word, or several with blanks between them,
 * matches whole words; in scripts without blanks it matches anywhere. A pattern is RE2's, which
 * takes time in proportion to the text, whatever it is. Both are compared with the {@link
 * NormalizedText}; words also with digits and signs read as the letters that they stand for.
 * Immutable; any thread.
 */
public final class WordList {
  public static final WordList EMPTY = new WordList(List.of());

  private static final int MAX_WORDS = 100_000;
  private static final int MAX_LENGTH = 200;

  /** Instructions of all patterns: each costs at most one step per character. */
  private static final int MAX_PROGRAM = 4_000;

  /** Counted repetitions are unrolled, so they multiply. */
  private static final long MAX_REPEAT = 1_000;

  private static final java.util.regex.Pattern REPEAT =
      java.util.regex.Pattern.compile("\\{(\\d+)(?:,(\\d*))?}");

  private static final String SIGNS = "0134578@$!|+";
  private static final String LETTERS = "oieastbasiit";

  /** What happens to a comment, the mildest first. */
  public enum Action {
    ALLOW,
    MASK,
    HOLD,
    DENY
  }

  /**
   * @param text with what is to be masked masked
   */
  public record Verdict(Action action, String text) {}

  /** First word → the phrases that begin with it. */
  private final Map<String, List<Phrase>> phrases = new HashMap<>();

  private final List<Phrase> unspaced = new ArrayList<>();
  private final List<Regex> patterns = new ArrayList<>();

  private record Phrase(List<String> words, Action action) {}

  /**
   * @param needed what each text that it matches contains; empty if that is not known
   * @param screen null for none
   */
  private record Regex(
      Pattern pattern, String needed, @Nullable PatternScreen screen, Action action) {
    boolean mayMatch(String text) {
      return text.contains(needed) && (screen == null || screen.mayMatch(text));
    }
  }

  private record Token(String text, int from, int to) {}

  /**
   * @param lines an action (deny, mask, hold) and a word, words, or a pattern between slashes;
   *     empty lines and lines that begin with # are ignored
   * @throws IllegalArgumentException names the invalid line
   */
  public WordList(List<String> lines) {
    int program = 0;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String where = "line " + (i + 1) + ": ";
      String[] parts = line.split("\\s+", 2);
      Action action = action(where, parts[0]);
      if (parts.length < 2 || parts[1].length() > MAX_LENGTH) {
        throw new IllegalArgumentException(where + "1-" + MAX_LENGTH + " characters must follow");
      }
      String word = parts[1];
      if (word.length() > 2 && word.startsWith("/") && word.endsWith("/")) {
        Pattern pattern = compile(where, word.substring(1, word.length() - 1));
        program += pattern.programSize();
        String source = pattern.pattern();
        patterns.add(new Regex(pattern, needed(source), PatternScreen.of(source), action));
      } else {
        add(where, word, action);
      }
    }
    if (program > MAX_PROGRAM || lines.size() > MAX_WORDS) {
      throw new IllegalArgumentException(
          "too large: at most "
              + MAX_WORDS
              + " lines, and patterns of "
              + MAX_PROGRAM
              + " instructions (these have "
              + program
              + "; counted repetitions make many)");
    }
  }

  private static Action action(String where, String name) {
    for (Action action : Action.values()) {
      if (action != Action.ALLOW && action.name().toLowerCase(Locale.ROOT).equals(name)) {
        return action;
      }
    }
    throw new IllegalArgumentException(where + "must begin with deny, mask or hold");
  }

  private static Pattern compile(String where, String pattern) {
    long repeat = 1;
    java.util.regex.Matcher counts = REPEAT.matcher(pattern);
    while (counts.find() && repeat <= MAX_REPEAT) {
      String most =
          counts.group(2) == null || counts.group(2).isEmpty() ? counts.group(1) : counts.group(2);
      repeat *= most.length() > 4 ? MAX_REPEAT + 1 : Math.max(1, Long.parseLong(most));
    }
    if (repeat > MAX_REPEAT) {
      throw new IllegalArgumentException(
          where + "the counts of repetitions must not exceed " + MAX_REPEAT + " when multiplied");
    }
    try {
      return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(where + "not a pattern of RE2: " + e.getMessage(), e);
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
    String plain = pattern.replaceAll("\\[[^\\]]*]|.(?:[?*+]|\\{[^}]*})+", " ");
    for (String run : plain.toLowerCase(Locale.ROOT).split("[^a-z0-9]+", -1)) {
      longest = run.length() > longest.length() ? run : longest;
    }
    return longest;
  }

  private void add(String where, String word, Action action) {
    String normal = NormalizedText.of(word);
    List<String> words = tokens(normal, false).stream().map(Token::text).toList();
    if (words.isEmpty()) {
      throw new IllegalArgumentException(where + "has neither a letter nor a digit");
    }
    if (isUnspaced(normal)) {
      unspaced.add(new Phrase(List.of(normal), action));
    } else {
      phrases.computeIfAbsent(words.get(0), w -> new ArrayList<>(1)).add(new Phrase(words, action));
    }
  }

  /** Whether the script puts no blanks between words. */
  private static boolean isUnspaced(String word) {
    return word.codePoints()
        .anyMatch(
            c ->
                switch (Character.UnicodeScript.of(c)) {
                  case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR -> true;
                  default -> false;
                });
  }

  public Verdict check(String original) {
    if (phrases.isEmpty() && unspaced.isEmpty() && patterns.isEmpty()) {
      return new Verdict(Action.ALLOW, original);
    }
    Search search = new Search(new NormalizedText(original));
    search.phrases(tokens(search.text.text, false));
    if (search.text.text.chars().anyMatch(c -> SIGNS.indexOf(c) >= 0)) {
      search.phrases(tokens(search.text.text, true));
    }
    search.unspaced();
    search.patterns();
    return search.verdict();
  }

  /** One comment. */
  private final class Search {
    final NormalizedText text;
    private final TreeSet<Integer> masked = new TreeSet<>();
    private Action worst = Action.ALLOW;

    Search(NormalizedText text) {
      this.text = text;
    }

    void phrases(List<Token> tokens) {
      for (int i = 0; i < tokens.size(); i++) {
        for (Phrase phrase : phrases.getOrDefault(tokens.get(i).text(), List.of())) {
          if (matches(phrase, tokens, i)) {
            int last = i + phrase.words().size() - 1;
            found(phrase.action(), tokens.get(i).from(), tokens.get(last).to());
          }
        }
      }
    }

    private boolean matches(Phrase phrase, List<Token> tokens, int at) {
      int length = phrase.words().size();
      if (at + length > tokens.size()) {
        return false;
      }
      for (int i = 1; i < length; i++) {
        if (!phrase.words().get(i).equals(tokens.get(at + i).text())) {
          return false;
        }
      }
      return true;
    }

    void unspaced() {
      for (Phrase phrase : unspaced) {
        String word = phrase.words().get(0);
        for (int at = text.text.indexOf(word); at >= 0; at = text.text.indexOf(word, at + 1)) {
          found(phrase.action(), at, at + word.length());
        }
      }
    }

    void patterns() {
      for (Regex regex : patterns) {
        if (!regex.mayMatch(text.text)) {
          continue; // This takes a hundredth of the time.
        }
        Matcher matcher = regex.pattern().matcher(text.text);
        while (matcher.find()) {
          if (matcher.end() > matcher.start()) {
            found(regex.action(), matcher.start(), matcher.end());
          }
          if (regex.action() != Action.MASK) {
            break;
          }
        }
      }
    }

    private void found(Action action, int from, int to) {
      worst = action.compareTo(worst) > 0 ? action : worst;
      if (action == Action.MASK) {
        for (int i = text.originalStart(from); i < text.originalEnd(to); i++) {
          masked.add(i);
        }
      }
    }

    Verdict verdict() {
      if (masked.isEmpty()) {
        return new Verdict(worst, text.original);
      }
      StringBuilder out = new StringBuilder(text.original.length());
      for (int at = 0; at < text.original.length(); ) {
        int codePoint = text.original.codePointAt(at);
        out.appendCodePoint(masked.contains(at) ? '*' : codePoint);
        at += Character.charCount(codePoint);
      }
      return new Verdict(worst, out.toString());
    }
  }

  /**
   * Runs of letters and digits.
   *
   * @param disguised read digits and signs as letters, in runs that have a letter and one of them
   */
  private static List<Token> tokens(String text, boolean disguised) {
    List<Token> tokens = new ArrayList<>();
    StringBuilder run = new StringBuilder();
    boolean letter = false;
    boolean sign = false;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : ' ';
      int index = disguised ? SIGNS.indexOf(c) : -1;
      if (index >= 0 || Character.isLetterOrDigit(c) || Character.isSurrogate(c)) {
        from = run.isEmpty() ? i : from;
        letter |= Character.isLetter(c);
        sign |= index >= 0;
        run.append(index >= 0 ? LETTERS.charAt(index) : c);
      } else if (!run.isEmpty()) {
        if (!disguised || (letter && sign)) {
          tokens.add(new Token(run.toString(), from, i));
        }
        run.setLength(0);
        letter = false;
        sign = false;
      }
    }
    return tokens;
  }
}
