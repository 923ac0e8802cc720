package io.ovation.bench.fanout;

import io.ovation.testkit.CrowdProtocol;
import org.jspecify.annotations.Nullable;

/** How viewers speak to the other servers. */
final class BenchProtocols {
  private BenchProtocols() {}

  /** A path for each stream, and nothing to say. */
  static CrowdProtocol path(String path, String... streams) {
    return new CrowdProtocol() {
      @Override
      public String path(int n) {
        return path + streams[n % streams.length];
      }

      @Override
      public @Nullable String hello(int n, long since) {
        return null;
      }

      @Override
      public boolean sockJs() {
        return false;
      }

      @Override
      public boolean answers() {
        return false;
      }
    };
  }

  /** The Vert.x event-bus bridge: {@code register}, then {@code rec} messages. */
  static CrowdProtocol bridge(String... streams) {
    return new CrowdProtocol() {
      @Override
      public String path(int n) {
        return "/eventbus/" + n % 1000 + "/crowd-" + n + "/websocket";
      }

      @Override
      public String hello(int n, long since) {
        return "{\"type\":\"register\",\"address\":\"stream.%s\"}"
            .formatted(streams[n % streams.length]);
      }

      @Override
      public boolean sockJs() {
        return true;
      }

      @Override
      public boolean answers() {
        return false;
      }

      @Override
      public char event() {
        return 'r';
      }
    };
  }
}
