package io.ovation.vertx;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;

/** For handlers of Vert.x that want the body from its own BodyHandler, which has no deadline. */
public final class RequestBodies {
  private RequestBodies() {}

  /** Makes a body that was read otherwise the one that later handlers see. */
  public static void keep(RoutingContext ctx, Buffer body) {
    RoutingContextInternal internal = (RoutingContextInternal) ctx;
    internal.visitHandler(RoutingContextInternal.BODY_HANDLER);
    internal.setBody(body);
  }
}
