package io.ovation.deliver.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DenseArrayTest {
  private static final class Element {
    int index;
  }

  @Test
  void holdsExactlyWhatWasAddedAndNotRemoved() {
    DenseArray<Element> array = new DenseArray<>(e -> e.index, (e, index) -> e.index = index);
    Set<Element> expected = new HashSet<>();
    Random random = new Random(1);
    for (int step = 0; step < 20_000; step++) {
      boolean grow = step % 4_000 < 2_000;
      if (random.nextInt(10) < (grow ? 7 : 3)) {
        Element element = new Element();
        array.add(element);
        expected.add(element);
      } else if (array.size() > 0) {
        Element element = array.get(random.nextInt(array.size()));
        assertThat(array.remove(element)).isTrue();
        assertThat(array.remove(element)).isFalse();
        expected.remove(element);
      }
    }
    Set<Element> actual = new HashSet<>();
    for (int i = 0; i < array.size(); i++) {
      actual.add(array.get(i));
    }
    assertThat(actual).isEqualTo(expected).hasSize(array.size());
  }
}
