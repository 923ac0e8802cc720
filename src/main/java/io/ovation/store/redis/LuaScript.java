package io.ovation.store.redis;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A Lua script of {@code resources/redis}, called by its digest. If Redis does not know it (after a
 * start or a flush), the script is loaded and called again.
 */
enum LuaScript {
  PROBE("probe"),
  TAKE("take"),
  APPEND("append"),
  HOLES("holes"),
  LAST_OFFSETS("last_offsets"),
  HISTORY("history"),
  NEWEST("newest"),
  PINS("pins"),
  OTHER_PINS("other_pins"),
  TABLE_PUT("table_put"),
  TABLE_CHANGES("table_changes"),
  REACT("react"),
  REACT_MERGE("react_merge"),
  REACTIONS("reactions"),
  COMPARE_AND_SET("compare_and_set"),
  SET_ONCE("set_once"),
  SEE("see"),
  SIGHTINGS("sightings"),
  SIGHTING_STATES("sighting_states"),
  SIGHTING_COUNT("sighting_count");

  private final byte[] source;
  private final String digest;

  LuaScript(String name) {
    source = load("/redis/" + name + ".lua");
    digest = HexFormat.of().formatHex(sha1(source));
  }

  /** Runs the script on a connection that the caller holds until the answer. */
  Future<Response> call(RedisConnection connection, List<String> keys, List<?> args) {
    List<Object> call = new ArrayList<>(keys.size() + args.size() + 2);
    call.add(digest);
    call.add(keys.size());
    call.addAll(keys);
    call.addAll(args);
    Request request = Request.cmd(Command.EVALSHA, call.toArray());
    return connection
        .send(request)
        .recover(
            failure ->
                RedisFailures.isUnknownScript(failure)
                    ? connection
                        .send(Request.cmd(Command.SCRIPT, "LOAD", source))
                        .compose(loaded -> connection.send(request))
                    : Future.failedFuture(failure));
  }

  private static byte[] load(String path) {
    try (InputStream in = LuaScript.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(path + " is missing from the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] sha1(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
