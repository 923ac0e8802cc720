package io.ovation.deliver.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerMessageDeflateTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate;client_max_window_bits=15;server_no_context_takeover",
        "Permessage-Deflate; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=\"10\"",
        "x-webkit-deflate-frame, permessage-deflate",
        "permessage-deflate; server_max_window_bits=10, permessage-deflate"
      })
  void offersThatAreTaken(String offers) {
    assertThat(PerMessageDeflate.canTake(offers)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x-webkit-deflate-frame",
        "permessage-deflate; server_max_window_bits=10",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; unknown",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=99999999999",
        "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate2",
        ";;;,,,"
      })
  void offersThatAreNot(String offers) {
    assertThat(PerMessageDeflate.canTake(offers)).isFalse();
  }

  @Test
  void nothingOfferedIsNotTaken() {
    assertThat(PerMessageDeflate.canTake(null)).isFalse();
  }

  @Test
  void everyLengthComesBackAsItWas() throws Exception {
    Random random = new Random(1);
    for (int length : new int[] {0, 1, 200, 8_191, 8_192, 8_193, 65_536, 300_000}) {
      byte[] noise = new byte[length];
      random.nextBytes(noise);
      for (byte[] message : new byte[][] {noise, new byte[length]}) {
        ByteBuf to = Unpooled.buffer().writeByte(7);
        PerMessageDeflate.deflate(message, to);
        assertThat(to.readByte()).isEqualTo((byte) 7);
        byte[] compressed = ByteBufUtil.getBytes(to);
        assertThat(PerMessageDeflate.inflate(compressed, length)).isEqualTo(message);
        if (length > 0) {
          assertThat(PerMessageDeflate.inflate(compressed, length - 1)).isNull();
        }
      }
    }
  }

  @Test
  void bytesThatEndEarlyEndTheMessage() throws Exception {
    ByteBuf to = Unpooled.buffer();
    PerMessageDeflate.deflate("hello hello hello".getBytes(StandardCharsets.US_ASCII), to);
    byte[] whole = ByteBufUtil.getBytes(to);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      try {
        assertThat(PerMessageDeflate.inflate(cut, 100)).hasSizeLessThanOrEqualTo(17);
      } catch (java.util.zip.DataFormatException expected) {
        assertThat(expected).isNotNull();
      }
    }
  }
}
