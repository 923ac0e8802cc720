package io.ovation.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.spi.FilterReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A statement that is logged too often is cut off, and nothing else is. */
class RepeatFilterTest {
  private final List<String> written = new ArrayList<>();
  private final LoggerContext context = new LoggerContext();
  private long now;
  private final RepeatFilter filter =
      new RepeatFilter(() -> now, line -> written.add(line.getFormattedMessage()));

  private int logged(int times, Level level, String statement) {
    int logged = 0;
    for (int i = 0; i < times; i++) {
      logged += filter.decide(event(level, statement, i)) == FilterReply.DENY ? 0 : 1;
    }
    return logged;
  }

  private ILoggingEvent event(Level level, String statement, int argument) {
    return new LoggingEvent(
        "", context.getLogger("io.ovation.X"), level, statement, null, new Object[] {argument});
  }

  @Test
  void theFirstHundredOfAStatementAreLoggedAndTheNumberOfTheOthersIsTold() {
    assertThat(logged(250, Level.WARN, "request {} failed")).isEqualTo(RepeatFilter.BURST);
    assertThat(logged(1, Level.WARN, "another thing, {}")).isEqualTo(1);
    assertThat(written).isEmpty();
    now += RepeatFilter.WINDOW_NANOS;
    assertThat(logged(1, Level.WARN, "request {} failed")).isEqualTo(1);
    assertThat(written)
        .containsExactly(
            "more than 100 such lines within 10 s: 150 were left out, of \"request {} failed\"");
  }

  @Test
  void theNumberIsToldAlsoIfNoLineFollows() {
    logged(101, Level.INFO, "request {} failed");
    now += RepeatFilter.WINDOW_NANOS;
    filter.flush();
    filter.flush();
    assertThat(written).hasSize(1).element(0).asString().contains(": 1 were left out");
  }

  @Test
  void debugIsNotLimited() {
    assertThat(logged(1_000, Level.DEBUG, "request {} failed")).isEqualTo(1_000);
  }

  @Test
  void aFloodOfDifferentStatementsIsBoundedAndForgetsNoNumber() {
    long before = RepeatFilter.LEFT_OUT.sum();
    logged(150, Level.WARN, "the first");
    assertThat(RepeatFilter.LEFT_OUT.sum() - before).isEqualTo(50);
    for (int i = 0; i < 2_000; i++) {
      assertThat(logged(1, Level.WARN, "preformatted " + i)).isEqualTo(1);
    }
    assertThat(written).hasSize(1).element(0).asString().contains("50 were left out", "the first");
  }
}
