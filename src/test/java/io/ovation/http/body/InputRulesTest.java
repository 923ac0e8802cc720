package io.ovation.http.body;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InputRulesTest {

  @Test
  void aStreamIsOneTo128PlainCharacters() {
    assertThat(InputRules.streamFault("a.B_9:-")).isNull();
    assertThat(InputRules.streamFault("x".repeat(128))).isNull();
    assertThat(InputRules.streamFault("x".repeat(129))).contains("1-128");
    assertThat(InputRules.streamFault("")).contains("1-128");
    assertThat(InputRules.streamFault("a b")).contains("1-128");
    assertThat(InputRules.streamFault("ä")).contains("1-128");
    assertThat(InputRules.streamFault(null)).isEqualTo("is missing");
    assertThat(InputRules.streamFault(7)).isEqualTo("must be a string");
  }

  @Test
  void usersAndTextsAreCountedInCodePoints() {
    assertThat(InputRules.userFault("👏".repeat(64))).isNull();
    assertThat(InputRules.userFault("👏".repeat(65))).contains("1-64");
    assertThat(InputRules.textFault("👏".repeat(500))).isNull();
    assertThat(InputRules.textFault("x".repeat(501))).contains("1-500");
    assertThat(InputRules.textFault("x".repeat(2000))).contains("1-500");
  }

  @Test
  void halfASurrogatePairIsRefused() {
    assertThat(InputRules.userFault("a\ud83d")).contains("surrogate");
    assertThat(InputRules.userFault("\udc4fa")).contains("surrogate");
    assertThat(InputRules.userFault("\udc4f\ud83d")).contains("surrogate");
  }
}
