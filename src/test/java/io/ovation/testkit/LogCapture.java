package io.ovation.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What one class of this process logs, from debug on, with the names that each line has. */
public final class LogCapture implements AutoCloseable {
  private final Logger logger;
  private final Level level;
  private final List<ILoggingEvent> lines = new CopyOnWriteArrayList<>();

  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent line) {
          line.prepareForDeferredProcessing(); // The names are of the thread that logs.
          lines.add(line);
        }
      };

  private LogCapture(Class<?> source) {
    logger = (Logger) LoggerFactory.getLogger(source);
    level = logger.getLevel();
    logger.setLevel(Level.DEBUG);
    appender.setContext(logger.getLoggerContext());
    appender.start();
    logger.addAppender(appender);
  }

  public static LogCapture of(Class<?> source) {
    return new LogCapture(source);
  }

  /** The names in the only line that has {@code text}. */
  public Map<String, String> namesOf(String text) {
    List<ILoggingEvent> found =
        lines.stream().filter(line -> line.getFormattedMessage().contains(text)).toList();
    if (found.size() != 1) {
      throw new AssertionError("not one line with \"" + text + "\": " + lines);
    }
    return found.get(0).getMDCPropertyMap();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    logger.setLevel(level);
    appender.stop();
  }
}
