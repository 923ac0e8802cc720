package io.ovation.deliver.fanout;

import java.util.Arrays;
import java.util.function.ObjIntConsumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A list without gaps whose elements know their own index, so that adding and removing take
 * constant time. The last element takes the place of one that is removed. An element may be in one
 * list per index field. One loop.
 */
public final class DenseArray<T> {
  private static final int MIN_CAPACITY = 4;

  private final ToIntFunction<T> index;
  private final ObjIntConsumer<T> setIndex;
  private @Nullable Object[] elements = new Object[MIN_CAPACITY];
  private int size;

  /**
   * @param index reads an element's index field
   * @param setIndex writes it
   */
  public DenseArray(ToIntFunction<T> index, ObjIntConsumer<T> setIndex) {
    this.index = index;
    this.setIndex = setIndex;
  }

  public int size() {
    return size;
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // every place below the size holds an element
  public T get(int index) {
    return (T) elements[index];
  }

  public void add(T element) {
    if (size == elements.length) {
      elements = Arrays.copyOf(elements, size + (size >> 1));
    }
    setIndex.accept(element, size);
    elements[size++] = element;
  }

  public boolean remove(T element) {
    int at = index.applyAsInt(element);
    if (at >= size || elements[at] != element) {
      return false;
    }
    T last = get(--size);
    elements[at] = last;
    setIndex.accept(last, at);
    elements[size] = null;
    if (size > MIN_CAPACITY && size < elements.length / 4) {
      elements = Arrays.copyOf(elements, elements.length / 2);
    }
    return true;
  }
}
