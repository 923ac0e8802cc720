package io.ovation.bench.fanout;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The best plain loop: one event loop, no queue, no history, no order to keep, nothing durable. A
 * POST becomes one prebuilt frame, of which each socket is written a retained duplicate in front of
 * every handler. {@code PORT}; viewers connect at {@code /sub/STREAM}; {@code GET /pass} tells the
 * mean time of a pass over a room, in nanoseconds.
 */
public final class BareServer {
  private final Map<String, List<Channel>> rooms = new HashMap<>();
  private long number;
  private long passes;
  private long passNanos;

  private BareServer() {}

  public static void main(String[] arguments) throws Exception {
    BareServer server = new BareServer();
    var group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    new ServerBootstrap()
        .group(group)
        .channel(EpollServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 1024)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(
                        new HttpServerCodec(),
                        new HttpObjectAggregator(64 * 1024),
                        server.new Requests());
              }
            })
        .bind("127.0.0.1", Integer.parseInt(arguments[0]))
        .sync();
  }

  private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
      if (request.method().equals(HttpMethod.POST)) {
        deliver(
            request.uri().split("/", -1)[2], request.content().toString(StandardCharsets.UTF_8));
        answer(ctx, HttpResponseStatus.ACCEPTED, "{\"status\":\"pending\"}");
      } else if (request.uri().equals("/pass")) {
        answer(ctx, HttpResponseStatus.OK, "" + passNanos / Math.max(1, passes));
        passes = passNanos = 0;
      } else if (request.headers().contains(HttpHeaderNames.UPGRADE)) {
        join(ctx, request);
      } else {
        answer(ctx, HttpResponseStatus.OK, "");
      }
    }
  }

  private void join(ChannelHandlerContext ctx, FullHttpRequest request) {
    var factory =
        new WebSocketServerHandshakerFactory("ws://localhost" + request.uri(), null, false);
    Channel channel = ctx.channel();
    List<Channel> room =
        rooms.computeIfAbsent(request.uri().split("/", -1)[2], r -> new ArrayList<>());
    factory
        .newHandshaker(request)
        .handshake(channel, request)
        .addListener(
            done -> {
              for (ChannelHandler handler : List.copyOf(channel.pipeline().toMap().values())) {
                channel.pipeline().remove(handler);
              }
              channel.pipeline().addLast(new Discard());
              room.add(channel);
              channel.closeFuture().addListener(closed -> room.remove(channel));
            });
  }

  private void deliver(String stream, String body) {
    String event = Comments.event(stream, field(body, "user"), field(body, "text"), ++number);
    ByteBuf frame = Unpooled.directBuffer(event.length() + 4);
    frame.writeByte(0x81).writeByte(126).writeShort(event.length());
    ByteBufUtil.writeAscii(frame, event);
    List<Channel> room = rooms.getOrDefault(stream, List.of());
    long begun = System.nanoTime();
    for (Channel channel : room) {
      channel.writeAndFlush(frame.retainedDuplicate(), channel.voidPromise());
    }
    if (!room.isEmpty()) {
      passNanos += System.nanoTime() - begun;
      passes++;
    }
    frame.release();
  }

  private static String field(String body, String name) {
    int from = body.indexOf("\"" + name + "\":\"") + name.length() + 4;
    return body.substring(from, body.indexOf('"', from));
  }

  private static void answer(ChannelHandlerContext ctx, HttpResponseStatus status, String text) {
    ByteBuf body = ByteBufUtil.writeUtf8(ctx.alloc(), text);
    var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    ctx.writeAndFlush(response, ctx.voidPromise());
  }

  /** Viewers say nothing but goodbye. */
  private static final class Discard extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      ReferenceCountUtil.release(msg);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
