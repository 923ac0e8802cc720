package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.body.InputRules;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectStreamNamesTest {
  private static final String PREFIX = "cam-";
  private final ObjectStreamNames streams = new ObjectStreamNames(PREFIX);

  @ParameterizedTest
  @CsvSource({
    "0, cam-0",
    "17, cam-17",
    "-5, cam--5",
    "9223372036854775807, cam-9223372036854775807",
    "-9223372036854775808, cam--9223372036854775808"
  })
  void anObjectsStreamIsThatOfTheObject(long object, String stream) {
    assertThat(streams.stream(object)).isEqualTo(stream);
    assertThat(streams.object(stream)).hasValue(object);
    assertThat(InputRules.streamFault(stream)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cam-",
        "cam",
        "",
        "17",
        "Cam-17",
        "cam-007",
        "cam-+7",
        "cam--0",
        "cam-1x",
        "cam- 1",
        "cam-9223372036854775808",
        "cam-123456789012345678901234567890"
      })
  void anyOtherStreamIsThatOfNone(String stream) {
    assertThat(streams.object(stream)).isEmpty();
  }
}
