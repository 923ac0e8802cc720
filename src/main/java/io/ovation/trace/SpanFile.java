package io.ovation.trace;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file of lines with a bound: once it is full, it is renamed with {@code .1} behind its name,
 * replacing the one before, and begun again. The export thread only.
 */
final class SpanFile extends OutputStream {
  private final Path path;
  private final long limit;
  private OutputStream out;
  private long size;

  /**
   * @param limit bytes; the line that reaches it is still written
   */
  SpanFile(Path path, long limit) throws IOException {
    this.path = path;
    this.limit = limit;
    this.out = open(path);
    this.size = Files.size(path);
  }

  private static OutputStream open(Path path) throws IOException {
    return Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    out.write(bytes, from, length);
    size += length;
    if (size >= limit && length > 0 && bytes[from + length - 1] == '\n') {
      out.close();
      Files.move(
          path,
          path.resolveSibling(path.getFileName() + ".1"),
          StandardCopyOption.REPLACE_EXISTING);
      out = open(path);
      size = 0;
    }
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
