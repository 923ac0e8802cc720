package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.FrameHandler;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When frames leave the buffer. */
class CorkableFrameHandlerTest {
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final CorkableFrameHandler frames =
      new CorkableFrameHandler(
          RecordingChannel.proxy(
              FrameHandler.class,
              (proxy, method, arguments) -> {
                calls.add(method.getName());
                return null;
              }));

  private void command() {
    try {
      frames.writeFrame(new Frame(1, 1));
      frames.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void eachCommandIsWrittenAtOnceUnlessItsThreadHasCorkedTheConnection() throws IOException {
    command();
    assertThat(calls).containsExactly("writeFrame", "flush");
    frames.cork();
    command();
    command();
    frames.uncork();
    assertThat(calls.subList(2, calls.size())).containsExactly("writeFrame", "writeFrame", "flush");
    command();
    assertThat(calls.subList(5, calls.size())).containsExactly("writeFrame", "flush");
  }

  @Test
  void anotherThreadsCommandIsWrittenAtOnceAllTheSame() {
    frames.cork();
    CompletableFuture<@Nullable Void> other = CompletableFuture.runAsync(this::command);
    other.join();
    assertThat(calls).containsExactly("writeFrame", "flush");
  }
}
