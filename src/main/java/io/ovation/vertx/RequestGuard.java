package io.ovation.vertx;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.net.ProtocolException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stands between Netty's HTTP decoder and Vert.x on one connection. It refuses requests that a
 * proxy in front might read in another way, since where one ends and the next begins would be in
 * doubt: nothing that follows such a request is read. And a client that has closed its sending side
 * still gets the answers to what it sent.
 */
public final class RequestGuard extends ChannelDuplexHandler {
  /** Characters of a request line beside the method and the target. */
  private static final int VERSION = "  HTTP/1.1".length();

  private static final int SEPARATOR = ": ".length();

  /** Requests whose answers nobody takes who has closed the sending side. */
  private final Predicate<String> polls;

  private final int lineLimit;
  private final int headersLimit;
  private int unanswered;

  /** Between a request's headers and the end of its body. */
  private boolean inRequest;

  private boolean refused;
  private boolean polling;
  private boolean begun;
  private boolean inputClosed;

  /** Refuses the request whose body is being read, if it turns out to be damaged. */
  private @Nullable BooleanSupplier onDamagedBody;

  private RequestGuard(Predicate<String> polls, int lineLimit, int headersLimit) {
    this.polls = polls;
    this.lineLimit = lineLimit;
    this.headersLimit = headersLimit;
  }

  /**
   * Guards a new connection; on its loop.
   *
   * @param polls targets of requests that wait for something to happen: a client that closes its
   *     sending side while it waits has left
   * @param lineLimit of a request line. The decoder should read longer ones, so that the headers
   *     say what kind of refusal the client understands
   * @param headersLimit of all headers together; the same holds
   */
  public static void install(
      HttpConnection connection, Predicate<String> polls, int lineLimit, int headersLimit) {
    ChannelHandlerContext http = NettyPipelines.contextOf(connection);
    http.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    http.pipeline()
        .addBefore(http.name(), "guard", new RequestGuard(polls, lineLimit, headersLimit));
  }

  /**
   * Calls {@code refuse} if the chunks of this request's body turn out not to be HTTP; it returns
   * whether it answers, and then closes, the connection. Vert.x would close it without an answer,
   * and does so where nobody waits for the body, or answers to earlier requests are owed. On the
   * request's loop.
   */
  public static void onDamagedBody(HttpServerRequest request, BooleanSupplier refuse) {
    RequestGuard guard =
        NettyPipelines.contextOf(request.connection()).pipeline().get(RequestGuard.class);
    if (guard != null && guard.inRequest && guard.unanswered == 1) {
      guard.onDamagedBody = refuse;
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (refused) {
      ReferenceCountUtil.release(msg);
      return;
    }
    if (msg instanceof HttpRequest request) {
      inRequest = true;
      onDamagedBody = null;
      unanswered++;
      polling = polls.test(request.uri());
      check(request);
    }
    if (msg instanceof LastHttpContent content) {
      inRequest = false;
      BooleanSupplier refuse = onDamagedBody;
      if (refuse != null && content.decoderResult().isFailure() && refuse.getAsBoolean()) {
        refused = true;
        content.release();
        return;
      }
    }
    ctx.fireChannelRead(msg);
  }

  private void check(HttpRequest request) {
    // Vert.x knows the two versions by identity, and Netty makes another object of "HTTp/1.1".
    boolean old = HttpVersion.HTTP_1_0.equals(request.protocolVersion());
    String fault = old || HttpVersion.HTTP_1_1.equals(request.protocolVersion()) ? null : "";
    request.setProtocolVersion(old ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1);
    if (fault == null) {
      fault = fault(request.headers(), old);
    }
    if (fault != null && request.decoderResult().isSuccess()) {
      request.setDecoderResult(DecoderResult.failure(new ProtocolException(fault)));
    }
    if (request.decoderResult().isSuccess()) {
      checkSize(request);
    }
    refused = request.decoderResult().isFailure();
    if (!refused && request.headers().contains(HttpHeaderNames.UPGRADE)) {
      joinUpgrade(request.headers());
    }
  }

  private void checkSize(HttpRequest request) {
    int line = request.method().name().length() + request.uri().length() + VERSION;
    int size = 0;
    Iterator<Map.Entry<CharSequence, CharSequence>> headers =
        request.headers().iteratorCharSequence();
    while (headers.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = headers.next();
      size += header.getKey().length() + header.getValue().length() + SEPARATOR;
    }
    if (line > lineLimit) {
      request.setDecoderResult(DecoderResult.failure(new TooLongHttpLineException()));
    } else if (size > headersLimit) {
      request.setDecoderResult(DecoderResult.failure(new TooLongHttpHeaderException()));
    }
  }

  /** Vert.x reads the first header only, and none that lists several protocols. */
  private static void joinUpgrade(HttpHeaders headers) {
    for (String protocol : String.join(",", headers.getAll(HttpHeaderNames.UPGRADE)).split(",")) {
      if (HttpHeaderValues.WEBSOCKET.contentEqualsIgnoreCase(protocol.strip())) {
        headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
      }
    }
    List<String> options = headers.getAll(HttpHeaderNames.CONNECTION);
    headers.set(HttpHeaderNames.CONNECTION, String.join(", ", options));
  }

  /** What is wrong, after the name of a header; null if nothing is. */
  private static @Nullable String fault(HttpHeaders headers, boolean old) {
    if (headers.getAll(HttpHeaderNames.HOST).size() > 1) {
      return "Host: given twice";
    }
    if (headers.contains("")) {
      return ""; // A line that begins with a colon: others refuse it, or read on in the one before.
    }
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (codings.isEmpty()) {
      boolean digits = lengths.stream().allMatch(length -> length.matches("[0-9]{1,18}"));
      return lengths.size() <= 1 && digits ? null : "Content-Length: must be one number of bytes";
    }
    if (codings.size() > 1 || !codings.get(0).strip().equalsIgnoreCase("chunked")) {
      return "Transfer-Encoding: only chunked is understood";
    }
    if (old) {
      return "Transfer-Encoding: HTTP/1.0 has none";
    }
    return lengths.isEmpty() ? null : "Content-Length: given beside Transfer-Encoding";
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
    if (msg instanceof HttpResponse response) {
      if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
        ctx.write(msg, promise);
        return;
      }
      begun = true;
    }
    if (msg instanceof LastHttpContent) {
      begun = false;
      unanswered--;
      if (inputClosed && unanswered <= 0) {
        ctx.write(msg, promise.unvoid().addListener(ChannelFutureListener.CLOSE));
        return;
      }
    }
    ctx.write(msg, promise);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      inputClosed = true;
      // Nothing is owed; or the rest of a request will not come; or the client took a stream that
      // has no end.
      if (unanswered <= 0 || inRequest || polling || begun) {
        ctx.close();
      }
    }
    ctx.fireUserEventTriggered(event);
  }
}
