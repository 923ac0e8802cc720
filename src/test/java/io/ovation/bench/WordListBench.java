package io.ovation.bench;

import io.ovation.moderation.WordList;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the word list of {@link TrustBench} takes for one text, alone in a loop, in processor time
 * of its thread. By hand: its main class on the tests' class path. The best of some rounds is what
 * the machine can do.
 */
public final class WordListBench {
  private static final int ROUNDS = 100;
  private static final int CHECKS = 10_000;

  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  /** Kept, so that no check is left out. */
  private static volatile int found;

  private WordListBench() {}

  public static void main(String[] arguments) {
    WordList words = new WordList(lines());
    String[][] texts = {
      {"made to explode", "x".repeat(400) + " " + "a".repeat(90) + "!"},
      {"usual", "what a goal, I can't believe that he scored it again "},
      {"accents", "c'est formidable, il a déjà marqué deux fois là-bas "},
      {"Cyrillic", "какой гол, не могу поверить, что он забил его снова "},
    };
    for (String[] text : texts) {
      double best = Double.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        best = Math.min(best, micros(words, text[1]));
      }
      System.out.printf("%s, %d characters: %.2f µs%n", text[0], text[1].length() + 1, best);
    }
  }

  private static double micros(WordList words, String text) {
    String[] each = IntStream.range(0, 10).mapToObj(n -> text + n).toArray(String[]::new);
    int sum = 0;
    long start = CPU.getCurrentThreadCpuTime();
    for (int i = 0; i < CHECKS; i++) {
      sum += words.check(each[i % 10]).action().ordinal();
    }
    long took = CPU.getCurrentThreadCpuTime() - start;
    found = sum;
    return took / 1e3 / CHECKS;
  }

  /** The list of {@link TrustBench}. */
  static List<String> lines() {
    List<String> lines = new ArrayList<>(List.of("deny /(a+)+$/", "deny /(x+x+)+y/"));
    IntStream.range(0, 50).forEach(i -> lines.add("mask /b[a4]dw?ord" + i + "/"));
    IntStream.range(0, 948).forEach(i -> lines.add("hold forbidden" + i));
    return lines;
  }
}
