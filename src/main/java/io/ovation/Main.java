package io.ovation;

import io.vertx.launcher.application.VertxApplication;

/** The command line. */
public final class Main extends VertxApplication {
  private Main(String[] args) {
    super(args);
  }

  public static void main(String[] args) {
    new Main(args).launch();
  }
}
