package io.ovation.ingress;

import static io.ovation.ingress.ModerationFixture.ADMIN;
import static io.ovation.ingress.ModerationFixture.HOST;
import static io.ovation.ingress.ModerationFixture.MODERATOR;
import static io.ovation.ingress.ModerationFixture.VIEWER;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.ingress.OpenApiContract.Operation;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Moderators', hosts' and administrators' routes × each role, as the OpenAPI file has them. */
class ModerationContractTest {
  private static final Pattern OURS =
      Pattern.compile("/events|/comments/|/settings|/held|/bans|/users");

  @RegisterExtension final ModerationFixture node = new ModerationFixture();

  /** Each operation of the OpenAPI file that moderators and those above them may do × each role. */
  @Test
  void withoutAuthRequiredEachRouteNeedsATokenOfItsRoleAllTheSame() {
    OpenApiContract contract = new OpenApiContract(RawHttp.get(node.port, "/openapi.yaml").body());
    List<String> roles = List.of("viewer", "moderator", "host", "admin", "service");
    String body = "{\"action\":\"deny\",\"name\":\"score\"}";
    List<Operation> operations =
        contract.operations().stream()
            .filter(it -> it.role() != null && !it.tokenOptional())
            .toList();
    assertThat(operations).hasSizeGreaterThan(12);
    for (Operation operation : operations) {
      String method = operation.method();
      String path =
          operation
              .path()
              .replace("{stream}", "s1")
              .replaceAll("\\{(id|user|name)}", "alice")
              .concat(operation.id().equals("deleteComment") ? "?user=alice" : "");
      assertThat(node.send(method, path, "", body).status()).describedAs(path).isEqualTo(401);
      for (String role : roles) {
        int status = node.send(method, path, role + " alice *", body).status();
        boolean may =
            !role.equals("service") && roles.indexOf(role) >= roles.indexOf(operation.role());
        assertThat(status).describedAs("%s as %s", path, role).isNotIn(401, 500);
        assertThat(status == 403).describedAs("%s as %s", path, role).isEqualTo(!may);
      }
      String elsewhere = operation.role() + " alice s2";
      assertThat(node.send(method, path, elsewhere, body).status())
          .describedAs(path)
          .isEqualTo(403);
    }
  }

  @Test
  void everyDocumentedAnswerIsGivenAsDocumented() throws Exception {
    OpenApiContract contract = new OpenApiContract(RawHttp.get(node.port, "/openapi.yaml").body());
    Set<String> seen = new TreeSet<>();
    node.hold("alice", "h1", "a text");
    for (int i = 0; i < 16; i++) {
      node.pinRetained("e" + i);
    }
    String long129 = "x".repeat(129);
    String badStream = "/streams/a%20b";
    List<List<String>> calls =
        List.of(
            List.of(
                "PUT", "/streams/{stream}/settings", "/settings", MODERATOR, "{\"review\":true}"),
            List.of("PUT", "/streams/{stream}/settings", "/settings", MODERATOR, "{\"links\":1}"),
            List.of("DELETE", "/streams/{stream}/comments/{id}", "/comments/c1", VIEWER, ""),
            List.of(
                "DELETE", "/streams/{stream}/comments/{id}", "/comments/" + long129, VIEWER, ""),
            List.of(
                "POST",
                "/streams/{stream}/comments/{id}/reports",
                "/comments/c1/reports",
                "",
                "{\"user\":\"bob\",\"reason\":\"rude\"}"),
            List.of(
                "POST",
                "/streams/{stream}/comments/{id}/reports",
                "/comments/c1/reports",
                "",
                "{}"),
            List.of("GET", "/streams/{stream}/held", "/held", MODERATOR, ""),
            List.of("GET", "/streams/{stream}/held", badStream + "/held", "moderator m *", ""),
            List.of(
                "POST",
                "/streams/{stream}/held/{id}",
                "/held/h1",
                MODERATOR,
                "{\"action\":\"deny\"}"),
            List.of(
                "POST",
                "/streams/{stream}/held/{id}",
                "/held/h1",
                MODERATOR,
                "{\"action\":\"deny\",\"text\":\"another\"}"),
            List.of("POST", "/streams/{stream}/held/{id}", "/held/h1", MODERATOR, "{}"),
            List.of(
                "POST",
                "/streams/{stream}/held/{id}",
                "/held/none",
                MODERATOR,
                "{\"action\":\"deny\"}"),
            List.of("PUT", "/streams/{stream}/bans/{user}", "/bans/bob", MODERATOR, "{}"),
            List.of(
                "PUT", "/streams/{stream}/bans/{user}", "/bans/bob", MODERATOR, "{\"for\":\"1\"}"),
            List.of("GET", "/streams/{stream}/bans", "/bans", MODERATOR, ""),
            List.of("GET", "/streams/{stream}/bans", badStream + "/bans", "moderator m *", ""),
            List.of("DELETE", "/streams/{stream}/bans/{user}", "/bans/bob", MODERATOR, ""),
            List.of("DELETE", "/streams/{stream}/bans/{user}", "/bans/%20", MODERATOR, ""),
            List.of("PUT", "/bans/{user}", "//bans/bob", ADMIN, "{\"for\":\"1h\"}"),
            List.of("PUT", "/bans/{user}", "//bans/bob", ADMIN, "{\"silent\":2}"),
            List.of("GET", "/bans", "//bans", ADMIN, ""),
            List.of("DELETE", "/bans/{user}", "//bans/bob", ADMIN, ""),
            List.of("DELETE", "/bans/{user}", "//bans/%20", ADMIN, ""),
            List.of("DELETE", "/users/{user}", "//users/bob", ADMIN, ""),
            List.of("DELETE", "/users/{user}", "//users/%20", ADMIN, ""),
            List.of("POST", "/streams/{stream}/events", "/events", HOST, "{\"name\":\"score\"}"),
            List.of("POST", "/streams/{stream}/events", "/events", HOST, "{\"name\":\"a b\"}"),
            List.of(
                "POST",
                "/streams/{stream}/events",
                "/events",
                HOST,
                "{\"name\":\"one-more\",\"retain\":true}"),
            List.of("DELETE", "/streams/{stream}/events/{name}", "/events/score", HOST, ""),
            List.of("DELETE", "/streams/{stream}/events/{name}", "/events/a%20b", HOST, ""));
    for (List<String> call : calls) {
      check(contract, seen, call, call.get(3));
    }
    for (List<String> call : calls) {
      if (!call.get(3).isEmpty()) {
        check(contract, seen, call, "");
        check(contract, seen, call, "viewer alice s2");
      }
    }
    for (List<String> call : calls) {
      if (call.get(4).startsWith("{") && !call.get(4).equals("{}")) {
        check(contract, seen, withBody(call, " ".repeat(HttpFixture.BODY_LIMIT + 1)), call.get(3));
        node.type = "text/html";
        check(contract, seen, call, call.get(3));
        node.type = "application/json";
      }
    }
    node.tableFull = true;
    calls.forEach(call -> check(contract, seen, call, call.get(3)));
    node.eventQueue = event -> Future.failedFuture(new BrokerUnavailable("away"));
    node.storeAway = true;
    for (List<String> call : calls) {
      check(contract, seen, call, call.get(3));
    }
    assertThat(seen)
        .containsAll(
            contract.answers().stream()
                .filter(
                    answer ->
                        OURS.matcher(answer).find()
                            && !answer.startsWith("GET /streams/{stream}/events")
                            // A report needs no token here; bodies are read as those of comments;
                            // limits have a test below.
                            && !answer.matches(".*/reports 40[13]")
                            && !answer.endsWith(" 408")
                            && !answer.endsWith(" 429"))
                .collect(Collectors.toSet()));
  }

  private static List<String> withBody(List<String> call, String body) {
    return List.of(call.get(0), call.get(1), call.get(2), call.get(3), body);
  }

  private void check(OpenApiContract contract, Set<String> seen, List<String> call, String token) {
    String path = call.get(2);
    String full =
        path.startsWith("//") || path.startsWith("/streams")
            ? path.replaceFirst("^//", "/")
            : "/streams/s1" + path;
    Answer answer = node.send(call.get(0), full, token, call.get(4));
    String documented = call.get(0) + " " + call.get(1) + " " + answer.status();
    assertThat(contract.answers()).describedAs(answer.body()).contains(documented);
    seen.add(documented);
    if (answer.status() != 204) {
      var schema = contract.answer(call.get(0), call.get(1), answer.status());
      assertThat(answer.headers().get("content-type")).startsWith(schema.getKey());
      assertThat(OpenApiContract.fault(schema.getValue(), answer.json()))
          .describedAs(answer.body())
          .isNull();
    }
  }
}
