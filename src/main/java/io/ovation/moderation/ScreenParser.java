package io.ovation.moderation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usual part of RE2's syntax: characters, classes, groups, alternatives, repetitions, and
 * the ends of the text. What stands for a position within a text, as {@code \b} does, is taken for
 * true there.
 */
final class ScreenParser {
  private static final int MAX_INSTRUCTIONS = 6_000;

  /** What follows is not known here. */
  private static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unknown() {
      super(null, null, false, false);
    }
  }

  /** A part of the pattern; written as often as it is repeated. */
  private interface Part {
    void write(ScreenProgram program);
  }

  private final String pattern;
  private int at;
  private int depth;

  private ScreenParser(String pattern) {
    this.pattern = pattern;
  }

  /** Null if the pattern has what is not known here. */
  static @Nullable ScreenProgram parse(String pattern) {
    try {
      ScreenParser parser = new ScreenParser(pattern);
      Part all = parser.alternatives();
      if (parser.at < pattern.length()) {
        return null;
      }
      ScreenProgram program = new ScreenProgram();
      all.write(program);
      program.match();
      return program;
    } catch (Unknown e) {
      return null;
    }
  }

  private boolean next(String text) {
    if (pattern.startsWith(text, at)) {
      at += text.length();
      return true;
    }
    return false;
  }

  private Part alternatives() {
    if (++depth > 50) {
      throw new Unknown();
    }
    List<Part> choices = new ArrayList<>(List.of(sequence()));
    while (next("|")) {
      choices.add(sequence());
    }
    depth--;
    return choices.size() == 1 ? choices.get(0) : program -> choose(program, choices);
  }

  private static void choose(ScreenProgram program, List<Part> choices) {
    int[] first = program.split(choices.size());
    List<int[]> ends = new ArrayList<>();
    for (int i = 0; i < first.length; i++) {
      first[i] = program.size();
      choices.get(i).write(program);
      ends.add(program.split(1));
    }
    ends.forEach(end -> end[0] = program.size());
  }

  private Part sequence() {
    List<Part> parts = new ArrayList<>();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      parts.add(repeated(atom()));
    }
    return program -> parts.forEach(part -> part.write(program));
  }

  private Part repeated(Part once) {
    Part part = once;
    while (at < pattern.length()) {
      if (next("*")) {
        part = repeat(part, 0, -1);
      } else if (next("+")) {
        part = repeat(part, 1, -1);
      } else if (next("?")) {
        part = repeat(part, 0, 1);
      } else if (pattern.charAt(at) == '{') {
        part = counted(part);
      } else {
        return part;
      }
      next("?"); // Which of several matches is preferred does not matter.
    }
    return part;
  }

  private Part counted(Part part) {
    int end = pattern.indexOf('}', at);
    String counts = end < 0 ? "" : pattern.substring(at + 1, end);
    if (!counts.matches("\\d{1,4}(,\\d{0,4})?")) {
      throw new Unknown(); // A brace that stands for itself.
    }
    at = end + 1;
    String[] both = counts.split(",", -1);
    int least = Integer.parseInt(both[0]);
    int most = both.length == 1 ? least : both[1].isEmpty() ? -1 : Integer.parseInt(both[1]);
    return repeat(part, least, most);
  }

  /**
   * @param most -1 for any number
   */
  private static Part repeat(Part part, int least, int most) {
    return program -> {
      for (int i = 0; i < least; i++) {
        write(part, program);
      }
      if (most < 0) {
        int[] loop = program.split(2);
        int start = program.size();
        write(part, program);
        program.split(1)[0] = start - 1;
        loop[0] = start;
        loop[1] = program.size();
      }
      List<int[]> exits = new ArrayList<>();
      for (int i = least; i < most; i++) {
        int[] option = program.split(2);
        option[0] = program.size();
        exits.add(option);
        write(part, program);
      }
      exits.forEach(exit -> exit[1] = program.size());
    };
  }

  private static void write(Part part, ScreenProgram program) {
    if (program.size() > MAX_INSTRUCTIONS) {
      throw new Unknown();
    }
    part.write(program);
  }

  private Part atom() {
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    switch (c) {
      case '(':
        if (pattern.startsWith("?", at) && !next("?:")) {
          throw new Unknown(); // Flags, names.
        }
        Part group = alternatives();
        if (!next(")")) {
          throw new Unknown();
        }
        return group;
      case '[':
        return read(ScreenClasses.bracket(this));
      case '.':
        return read(ScreenClasses.any());
      case '^':
        return ScreenProgram::begin;
      case '$':
        return ScreenProgram::end;
      case '\\':
        if (next("b") || next("B")) {
          return program -> {};
        }
        return read(ScreenClasses.escaped(take()));
      case '*', '+', '?', '{':
        throw new Unknown();
      default:
        return read(ScreenClasses.of(c));
    }
  }

  private static Part read(@Nullable BitSet set) {
    if (set == null) {
      throw new Unknown();
    }
    BitSet widened = ScreenClasses.widened(set);
    return program -> program.read(widened);
  }

  /** The next character; 0 at the end. */
  int peek() {
    return at < pattern.length() ? pattern.codePointAt(at) : 0;
  }

  int take() {
    int c = peek();
    at += c == 0 ? 0 : Character.charCount(c);
    return c;
  }
}
