package io.ovation.vertx;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Time is up at once, for all that has to be complete in time. */
class HeaderTimeoutsTest {
  private final LongAdder closed = new LongAdder();
  private final HeaderTimeouts timeouts = new HeaderTimeouts(0, closed);
  private final EmbeddedChannel channel = new EmbeddedChannel(timeouts.new Watcher());

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private void begin() {
    channel.writeInbound(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/"));
  }

  private void end() {
    channel.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  private void answer(HttpResponseStatus status) {
    channel.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status));
  }

  private boolean isOpen() {
    timeouts.closeExpired();
    return channel.isOpen();
  }

  @Test
  void aConnectionThatSendsNoRequestIsClosed() {
    assertThat(isOpen()).isFalse();
    assertThat(closed.sum()).isEqualTo(1);
  }

  @Test
  void aBodyThatGoesOnAfterTheAnswerIsClosed() {
    begin();
    answer(HttpResponseStatus.CONTINUE);
    assertThat(isOpen()).as("the body has its own limit").isTrue();
    answer(HttpResponseStatus.UNAUTHORIZED);
    assertThat(isOpen()).isFalse();
    assertThat(closed.sum()).isEqualTo(1);
  }

  @Test
  void aBodyThatEndsAfterTheAnswerInTimeIsNot() {
    begin();
    answer(HttpResponseStatus.UNAUTHORIZED);
    end();
    assertThat(isOpen()).isTrue();
  }

  @Test
  void theAnswerToAnEarlierRequestLimitsNoBody() {
    begin();
    end();
    begin();
    answer(HttpResponseStatus.ACCEPTED);
    assertThat(isOpen()).isTrue();
    answer(HttpResponseStatus.UNAUTHORIZED);
    assertThat(isOpen()).isFalse();
  }
}
