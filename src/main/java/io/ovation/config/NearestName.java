package io.ovation.config;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Finds the name that somebody most likely meant. */
public final class NearestName {
  private NearestName() {}

  /**
   * The known name with the fewest letters to change.
   *
   * @param known not empty
   */
  public static String of(String given, Collection<String> known) {
    return of(known, name -> distance(given, name));
  }

  /** The known name at the shortest distance. */
  public static String of(Collection<String> known, ToIntFunction<String> distance) {
    return Collections.min(known, Comparator.comparingInt(distance));
  }

  /** Levenshtein's: how many letters to add, drop or replace. */
  public static int distance(String a, String b) {
    int[] row = IntStream.rangeClosed(0, b.length()).toArray();
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
