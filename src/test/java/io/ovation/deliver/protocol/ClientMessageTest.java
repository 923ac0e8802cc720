package io.ovation.deliver.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientMessageTest {

  private static ClientMessage read(String json) {
    return ClientMessage.read(json.getBytes(StandardCharsets.UTF_8), 65_536);
  }

  @Test
  void aWatchHasStreamAndUserAndMaySaySince() {
    assertThat(read("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"bob\",\"token\":\"x\"}"))
        .isEqualTo(new ClientMessage.Watch("s", "bob", -1, null, "x"));
    assertThat(
            read(
                "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"since\":7,\"region\":\"r\"}"))
        .isEqualTo(new ClientMessage.Watch("s", "b", 7, "r", null));
  }

  @Test
  void noPositionIsRefusedForBeingAhead() {
    long top = (1L << 53) - 1;
    assertThat(read("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"since\":" + top + "}"))
        .isEqualTo(new ClientMessage.Watch("s", "b", top, null, null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{                                            | message",
        "[]                                           | message",
        "{\"stream\":\"s\"}                           | type",
        "{\"type\":1}                                 | type",
        "{\"type\":\"dance\"}                         | type",
        "{\"type\":\"watch\",\"user\":\"b\"}          | stream",
        "{\"type\":\"watch\",\"stream\":\"a b\",\"user\":\"b\"} | stream",
        "{\"type\":\"watch\",\"stream\":7,\"user\":\"b\"} | stream",
        "{\"type\":\"watch\",\"stream\":\"s\"}        | user",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"\"} | user",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"since\":\"1\"} | since",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"since\":-1} | since",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"since\":1.5} | since",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"region\":7} | region",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"at\":7} | at",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\",\"at\":\"noon\"} | at",
      })
  void whatIsWrongIsNamed(String json, String field) {
    ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> read(json));
    Problem problem = refusal.problem();
    assertThat(problem.field()).isEqualTo(field);
    assertThat(problem.detail()).startsWith(field + ": ").hasSizeGreaterThan(field.length() + 8);
  }
}
