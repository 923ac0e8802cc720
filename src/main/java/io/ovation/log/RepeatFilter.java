package io.ovation.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Limits repeated lines: of each statement in the code, with each kind of exception, the first
 * {@value #BURST} within ten seconds are logged, and then one line that says how many more there
 * were. So a fault that concerns each request can neither fill the disk nor hide other lines. Debug
 * and trace levels are not limited. Any thread.
 */
final class RepeatFilter extends Filter<ILoggingEvent> {
  static final int BURST = 100;
  static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Statements that are remembered; beyond it the one that began first is told and forgotten. */
  private static final int STATEMENTS = 1_000;

  private static final String MORE = "more than " + BURST + " such lines within 10 s: ";

  /** Lines that were left out since the process began. */
  static final LongAdder LEFT_OUT = new LongAdder();

  private final LongSupplier nanos;
  private final Consumer<ILoggingEvent> appender;
  private final Map<String, Window> windows = new LinkedHashMap<>();

  private static final class Window {
    final ILoggingEvent first;
    final long began;
    int lines;

    Window(ILoggingEvent first, long began) {
      this.first = first;
      this.began = began;
    }
  }

  /**
   * @param appender writes the line that says how many more there were
   */
  RepeatFilter(LongSupplier nanos, Consumer<ILoggingEvent> appender) {
    this.nanos = nanos;
    this.appender = appender;
  }

  @Override
  public FilterReply decide(ILoggingEvent event) {
    if (!event.getLevel().isGreaterOrEqual(Level.INFO) || event.getMessage().startsWith(MORE)) {
      return FilterReply.NEUTRAL;
    }
    List<Window> told = new ArrayList<>(0);
    boolean logged;
    synchronized (this) {
      long now = nanos.getAsLong();
      endWindows(now, told);
      String key = key(event);
      Window window = windows.computeIfAbsent(key, k -> new Window(event, now));
      logged = ++window.lines <= BURST;
      if (window.lines == BURST + 1) {
        tellLater();
      }
    }
    told.forEach(this::tell);
    if (!logged) {
      LEFT_OUT.increment();
    }
    return logged ? FilterReply.NEUTRAL : FilterReply.DENY;
  }

  private static String key(ILoggingEvent event) {
    String thrown =
        event.getThrowableProxy() == null ? "" : event.getThrowableProxy().getClassName();
    return event.getLoggerName() + '\0' + event.getMessage() + '\0' + thrown;
  }

  /** Windows are in the order in which they began. */
  private void endWindows(long now, List<Window> told) {
    var oldest = windows.values().iterator();
    while (oldest.hasNext()) {
      Window window = oldest.next();
      if (now - window.began < WINDOW_NANOS && windows.size() < STATEMENTS) {
        return;
      }
      oldest.remove();
      if (window.lines > BURST) {
        told.add(window);
      }
    }
  }

  /** For the case that no line follows. */
  private void tellLater() {
    if (getContext() != null) {
      getContext()
          .getScheduledExecutorService()
          .schedule(this::flush, WINDOW_NANOS + 1, TimeUnit.NANOSECONDS);
    }
  }

  void flush() {
    List<Window> told = new ArrayList<>(0);
    synchronized (this) {
      endWindows(nanos.getAsLong(), told);
    }
    told.forEach(this::tell);
  }

  private void tell(Window window) {
    LoggingEvent line = new LoggingEvent();
    line.setLoggerName(window.first.getLoggerName());
    line.setLevel(window.first.getLevel());
    line.setThreadName(Thread.currentThread().getName());
    line.setTimeStamp(System.currentTimeMillis());
    line.setMessage(
        MORE + (window.lines - BURST) + " were left out, of \"" + window.first.getMessage() + '"');
    line.setMDCPropertyMap(Map.of());
    appender.accept(line);
  }
}
