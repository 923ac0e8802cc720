package io.ovation.bus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamesTest {

  @Test
  void aStreamIsOneTo128PlainCharacters() {
    assertThat(Names.streamFault("a.B_9:-")).isNull();
    assertThat(Names.streamFault("x".repeat(128))).isNull();
    assertThat(Names.streamFault("x".repeat(129))).contains("1-128");
    assertThat(Names.streamFault("")).contains("1-128");
    assertThat(Names.streamFault("a b")).contains("1-128");
    assertThat(Names.streamFault("ä")).contains("1-128");
    assertThat(Names.streamFault(null)).isEqualTo("is missing");
    assertThat(Names.streamFault(7)).isEqualTo("must be a string");
  }

  @Test
  void usersAndTextsAreCountedInCodePoints() {
    assertThat(Names.userFault("👏".repeat(64))).isNull();
    assertThat(Names.userFault("👏".repeat(65))).contains("1-64");
    assertThat(Names.textFault("👏".repeat(500))).isNull();
    assertThat(Names.textFault("x".repeat(501))).contains("1-500");
    assertThat(Names.textFault("x".repeat(2000))).contains("1-500");
  }

  @Test
  void halfASurrogatePairIsRefused() {
    assertThat(Names.userFault("a\ud83d")).contains("surrogate");
    assertThat(Names.userFault("\udc4fa")).contains("surrogate");
    assertThat(Names.userFault("\udc4f\ud83d")).contains("surrogate");
  }
}
