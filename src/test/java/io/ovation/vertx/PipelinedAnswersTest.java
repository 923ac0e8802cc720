package io.ovation.vertx;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client that sends requests and reads no answers is not read from for ever. */
class PipelinedAnswersTest {
  /** The requests that got through to Vert.x. */
  private final List<HttpRequest> begun = new ArrayList<>();

  private final PipelinedAnswers answers = new PipelinedAnswers();
  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          answers,
          new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
              if (msg instanceof HttpRequest request) {
                begun.add(request);
              }
            }
          });

  @AfterEach
  void close() {
    channel.releaseOutbound();
    channel.close();
  }

  private void request(HttpMethod method) {
    channel.writeInbound(
        new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, "/"),
        LastHttpContent.EMPTY_LAST_CONTENT);
  }

  private void answer() {
    channel
        .pipeline()
        .lastContext()
        .writeAndFlush(
            new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NO_CONTENT));
    channel.runPendingTasks();
  }

  private PipelinedAnswers.Postponed postpone() {
    return Objects.requireNonNull(answers.postponed(this::answer));
  }

  @Test
  void nothingIsReadWhileARequestWaitsForTheAnswerBeforeIt() {
    request(HttpMethod.GET);
    assertThat(channel.config().isAutoRead()).isTrue();
    request(HttpMethod.GET);
    assertThat(begun).hasSize(1);
    assertThat(channel.config().isAutoRead()).isFalse();
    channel.config().setAutoRead(true); // As Vert.x does once it has nothing left to handle.
    assertThat(channel.config().isAutoRead()).isFalse();
    answer();
    assertThat(begun).hasSize(2);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aConnectionThatIsHandedOnIsReadAgain() {
    request(HttpMethod.GET);
    request(HttpMethod.GET);
    assertThat(channel.config().isAutoRead()).isFalse();
    channel.pipeline().remove(answers);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void answersThatTheClientDoesNotTakeAreOwed() {
    List<PipelinedAnswers.Postponed> owed = new ArrayList<>();
    for (int i = 0; i < PipelinedAnswers.LIMIT; i++) {
      request(HttpMethod.POST);
      owed.add(postpone());
    }
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
    owed.forEach(answer -> answer.end(202, Map.of(), "{}"));
    channel.runPendingTasks();
    assertThat(channel.outboundMessages()).isEmpty();
    request(HttpMethod.POST);
    assertThat(begun).hasSize(PipelinedAnswers.LIMIT);
    assertThat(channel.config().isAutoRead()).isFalse();

    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
    channel.runPendingTasks();
    assertThat(channel.outboundMessages()).hasSize(PipelinedAnswers.LIMIT);
    assertThat(begun).hasSize(PipelinedAnswers.LIMIT + 1);
    assertThat(channel.config().isAutoRead()).isTrue();
  }
}
