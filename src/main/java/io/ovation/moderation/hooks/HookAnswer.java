package io.ovation.moderation.hooks;

import io.ovation.http.body.InputRules;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.Problem;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a hook answered: {@code {"action":"allow","text":"…","profile":{…},"reason":"…"}}, all but
 * the action optional.
 *
 * @param text that replaces the comment's; null for none
 * @param reason that the refused user or the moderators read; empty for none
 */
record HookAnswer(Action action, @Nullable String text, @Nullable Object profile, String reason) {
  static final int MAX_BYTES = 16 * 1024;

  enum Action {
    ALLOW,
    DENY,
    HOLD
  }

  /**
   * @throws io.ovation.http.problem.ProblemException names the invalid field
   */
  static HookAnswer read(byte[] body) {
    Map<String, @Nullable Object> json = StrictJsonReader.object(body, MAX_BYTES);
    Object text = json.get("text");
    Object reason = json.get("reason");
    if (reason != null) {
      Problem.require("reason", InputRules.textFault(reason));
    }
    return new HookAnswer(
        action(json.get("action")),
        text == null ? null : InputRules.text(text),
        json.get("profile"),
        reason == null ? "" : (String) reason);
  }

  private static Action action(@Nullable Object name) {
    return switch (name instanceof String text ? text : "") {
      case "allow" -> Action.ALLOW;
      case "deny" -> Action.DENY;
      case "hold" -> Action.HOLD;
      default -> throw Problem.invalid("action", "must be allow, deny or hold").exception();
    };
  }
}
