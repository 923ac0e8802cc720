package io.ovation.moderation;

import io.ovation.moderation.WordList.Action;
import io.ovation.moderation.WordList.Matches;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The words and phrases of a word list. Most texts have none of them: one pass over the text says
 * so, with a hash of each of its words. Filled before it is published; then any thread.
 */
final class PhraseIndex {
  private static final String SIGNS = "0134578@$!|+";
  private static final String LETTERS = "oieastbasiit";

  /** Of a hash of a word. 16 million bits keep false hits below 1 % at 100,000 words. */
  private static final int MAX_BITS = 1 << 24;

  private static final int BITS_PER_WORD = 64;

  /** What a character of ASCII adds to a word, as it is or disguised; 0 if it ends the word. */
  private static final char[] READ = new char[0x80];

  private static final char[] READ_DISGUISED = new char[0x80];

  static {
    for (char c = 0; c < READ.length; c++) {
      int sign = SIGNS.indexOf(c);
      READ[c] = isInWord(c) ? c : 0;
      READ_DISGUISED[c] = sign < 0 ? READ[c] : LETTERS.charAt(sign);
    }
  }

  /** First word → the phrases that begin with it. */
  private final Map<String, List<Phrase>> phrases = new HashMap<>();

  private final List<Phrase> unspaced = new ArrayList<>();
  private BitSet firstWords = new BitSet(1);
  private int mask;

  private record Phrase(List<String> words, Action action) {}

  private record Token(String text, int from, int to) {}

  /**
   * @param normal a normalized word, or several
   * @return false if it has neither a letter nor a digit
   */
  boolean add(String normal, Action action) {
    List<String> words = tokens(normal, false).stream().map(Token::text).toList();
    if (words.isEmpty()) {
      return false;
    }
    if (isUnspaced(normal)) {
      unspaced.add(new Phrase(List.of(normal), action));
    } else {
      phrases.computeIfAbsent(words.get(0), w -> new ArrayList<>(1)).add(new Phrase(words, action));
    }
    return true;
  }

  /** To be called once, after the last word was added. */
  PhraseIndex ready() {
    int wanted = Math.min(MAX_BITS, Math.max(64, phrases.size() * BITS_PER_WORD));
    mask = Integer.highestOneBit(wanted * 2 - 1) - 1;
    firstWords = new BitSet(mask + 1);
    phrases.keySet().forEach(word -> firstWords.set(slot(word.hashCode())));
    return this;
  }

  private int slot(int hash) {
    int mixed = hash * 0x9E3779B1; // Fibonacci hashing: Knuth, vol. 3, 6.4.
    return (mixed ^ mixed >>> 15) & mask;
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

  void find(NormalizedText normal, Matches matches) {
    if (mayHaveFirstWord(normal.chars)) {
      find(tokens(normal.text(), false), matches);
      find(tokens(normal.text(), true), matches);
    }
    if (unspaced.isEmpty()) {
      return;
    }
    String text = normal.text();
    for (Phrase phrase : unspaced) {
      String word = phrase.words().get(0);
      for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
        matches.found(phrase.action(), at, at + word.length());
      }
    }
  }

  /** False if no token of the text, as it is or with signs read as letters, begins a phrase. */
  private boolean mayHaveFirstWord(char[] text) {
    if (phrases.isEmpty()) {
      return false;
    }
    int plain = 0; // As String.hashCode() has it.
    int disguised = 0;
    for (char c : text) {
      int read = c < 0x80 ? READ[c] : isInWord(c) ? c : 0;
      int letter = c < 0x80 ? READ_DISGUISED[c] : read;
      if (read != 0) {
        plain = 31 * plain + read;
      } else {
        if (firstWords.get(slot(plain))) {
          return true;
        }
        plain = 0;
      }
      if (letter != 0) {
        disguised = 31 * disguised + letter;
      } else {
        if (firstWords.get(slot(disguised))) {
          return true;
        }
        disguised = 0;
      }
    }
    return firstWords.get(slot(plain)) || firstWords.get(slot(disguised));
  }

  private static boolean isInWord(char c) {
    return (c >= 'a' && c <= 'z') || Character.isLetterOrDigit(c) || Character.isSurrogate(c);
  }

  private void find(List<Token> tokens, Matches matches) {
    for (int i = 0; i < tokens.size(); i++) {
      for (Phrase phrase : phrases.getOrDefault(tokens.get(i).text(), List.of())) {
        if (begins(phrase, tokens, i)) {
          int last = i + phrase.words().size() - 1;
          matches.found(phrase.action(), tokens.get(i).from(), tokens.get(last).to());
        }
      }
    }
  }

  private static boolean begins(Phrase phrase, List<Token> tokens, int at) {
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
      if (index >= 0 || isInWord(c)) {
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
