package io.ovation.moderation;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;

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

  private final boolean empty;
  private final PhraseIndex phrases;
  private final PatternSet patterns;

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

  /**
   * @param lines an action (deny, mask, hold) and a word, words, or a pattern between slashes;
   *     empty lines and lines that begin with # are ignored
   * @throws IllegalArgumentException names the invalid line
   */
  public WordList(List<String> lines) {
    PhraseIndex words = new PhraseIndex();
    PatternSet regexes = new PatternSet();
    int program = 0;
    boolean none = true;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      none = false;
      try {
        program += add(line, words, regexes);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("line " + (i + 1) + ": " + e.getMessage(), e);
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
    this.empty = none;
    this.phrases = words.ready();
    this.patterns = regexes.ready();
  }

  /** Returns how many instructions a pattern has. */
  private static int add(String line, PhraseIndex words, PatternSet patterns) {
    String[] parts = line.split("\\s+", 2);
    Action action = action(parts[0]);
    if (parts.length < 2 || parts[1].length() > MAX_LENGTH) {
      throw new IllegalArgumentException("1-" + MAX_LENGTH + " characters must follow");
    }
    String word = parts[1];
    if (word.length() > 2 && word.startsWith("/") && word.endsWith("/")) {
      return patterns.add(word.substring(1, word.length() - 1), action);
    }
    if (!words.add(NormalizedText.of(word), action)) {
      throw new IllegalArgumentException("has neither a letter nor a digit");
    }
    return 0;
  }

  private static Action action(String name) {
    for (Action action : Action.values()) {
      if (action != Action.ALLOW && action.name().toLowerCase(Locale.ROOT).equals(name)) {
        return action;
      }
    }
    throw new IllegalArgumentException("must begin with deny, mask or hold");
  }

  public Verdict check(String original) {
    if (empty) {
      return new Verdict(Action.ALLOW, original);
    }
    NormalizedText text = new NormalizedText(original);
    Matches matches = new Matches(text);
    phrases.find(text, matches);
    patterns.find(text, matches);
    return matches.verdict();
  }

  /** What was found in one comment. */
  static final class Matches {
    private final NormalizedText text;
    private final BitSet masked = new BitSet();
    private Action worst = Action.ALLOW;

    private Matches(NormalizedText text) {
      this.text = text;
    }

    /** A match in the normalized text. */
    void found(Action action, int from, int to) {
      worst = action.compareTo(worst) > 0 ? action : worst;
      if (action == Action.MASK) {
        masked.set(text.originalStart(from), text.originalEnd(to));
      }
    }

    private Verdict verdict() {
      if (masked.isEmpty()) {
        return new Verdict(worst, text.original);
      }
      StringBuilder out = new StringBuilder(text.original.length());
      for (int at = 0; at < text.original.length(); ) {
        int codePoint = text.original.codePointAt(at);
        out.appendCodePoint(masked.get(at) ? '*' : codePoint);
        at += Character.charCount(codePoint);
      }
      return new Verdict(worst, out.toString());
    }
  }
}
