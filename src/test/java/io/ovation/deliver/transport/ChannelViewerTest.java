package io.ovation.deliver.transport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChannelViewerTest {
  private static final int BUFFER = 1 << 20;

  @Test
  void whileMemoryIsShortASixteenthOfTheBufferIsLeft() {
    assertThat(ChannelViewer.fitsShortMemory(BUFFER, BUFFER)).isTrue();
    assertThat(ChannelViewer.fitsShortMemory(BUFFER - BUFFER / 16 + 1, BUFFER)).isTrue();
    assertThat(ChannelViewer.fitsShortMemory(BUFFER - BUFFER / 16, BUFFER)).isFalse();
  }
}
