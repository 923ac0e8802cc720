package io.ovation.bench.fanout;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.bridge.PermittedOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.sockjs.SockJSBridgeOptions;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;

/**
 * What a Vert.x user begins with: the stock SockJS event-bus bridge, a viewer registered at the
 * stream's address. {@code PORT}.
 */
public final class BridgeServer {
  private BridgeServer() {}

  public static void main(String[] arguments) throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    Router router = Router.router(vertx);
    SockJSBridgeOptions options =
        new SockJSBridgeOptions()
            .setPingTimeout(3_600_000) // the crowd does not ping
            .addOutboundPermitted(new PermittedOptions().setAddressRegex("stream\\..+"));
    router.route("/eventbus/*").subRouter(SockJSHandler.create(vertx).bridge(options));
    long[] number = {0};
    router
        .post("/streams/:stream/comments")
        .handler(BodyHandler.create(false))
        .handler(
            request -> {
              JsonObject body = request.body().asJsonObject();
              String stream = request.pathParam("stream");
              String event =
                  Comments.event(
                      stream, body.getString("user"), body.getString("text"), ++number[0]);
              vertx.eventBus().publish("stream." + stream, new JsonObject(event));
              request.response().setStatusCode(202).end("{\"status\":\"pending\"}");
            });
    router.get("/").handler(request -> request.response().end());
    vertx
        .createHttpServer()
        .requestHandler(router)
        .listen(Integer.parseInt(arguments[0]), "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get();
  }
}
