/* Comments that the server has not yet acknowledged as durable. Each promise settles. */
import { bounded, ignorable, now, randomId } from "./limits.js";
import { OvationError, check, checkMeta } from "./problem.js";

/* An unanswered comment is sent again after this time. Its id makes it appear once. */
const RESEND_MS = 5000;
const TRIES = 3;
const LIMIT_MS = 60000;
/* Longer than the server remembers ids, a comment could appear twice. */
const LIMIT_MOST_MS = 540000;
/* The server allows a viewer this many comments without an answer. */
const MOST = 16;
const TEXT = 500;

/** How long an answer may take; `otherwise` for what is no such time. */
export const limit = (ms, otherwise = LIMIT_MS) => bounded(ms, 0, LIMIT_MOST_MS, otherwise);

/** @param send sends a message if the viewer is connected; returns whether it is */
export function outbox(send, defaultLimit) {
  const waiting = new Map();
  let timer = 0;

  /* With `closed` nothing more is taken; with `longest` the stream takes longer texts than usual. */
  function comment(text, more, { closed, longest }) {
    const { id: given, timeout, reply_to, meta } = (typeof more === "object" ? more : { id: more }) || {};
    const id = given ?? randomId();
    const json = { type: "comment", id, text };
    check("text", text, Math.max(TEXT, bounded(longest, 1, 65536, 0)));
    check("id", id, 128);
    if (reply_to != null) check("reply_to", (json.reply_to = reply_to), 128);
    if (meta != null) json.meta = checkMeta(meta);
    const before = waiting.get(id);
    if (before && before.json.text === text) return before.promise;
    if (before) refuse("conflict", "id: another text has it", id);
    if (closed) refuse("closed", "it is closed", id);
    if (waiting.size >= MOST) refuse("busy", `${MOST} comments wait for an answer`, id);
    const said = { id, due: 0, tries: 0, json };
    said.promise = ignorable(new Promise((done, failed) => Object.assign(said, { done, failed })));
    const late = { code: "timeout", detail: "no answer in time; it may still appear" };
    said.timer = setTimeout(settle, limit(timeout, limit(defaultLimit)), id, late);
    waiting.set(id, said);
    pump();
    return said.promise;
  }

  function refuse(code, detail, id) {
    throw new OvationError({ code, detail, id });
  }

  /*
   * One at a time, so that a comment that has to wait keeps its place before later ones. One that is never answered
   * holds up the others only for a while.
   */
  function pump() {
    clearTimeout(timer);
    let next = Infinity;
    for (const said of waiting.values()) {
      if (said.due <= now()) {
        if (!send(said.json)) return;
        said.due = now() + RESEND_MS;
        said.tries++;
      }
      next = Math.min(next, said.due);
      if (said.tries < TRIES) break;
    }
    if (next < Infinity) timer = setTimeout(pump, next - now());
  }

  function settle(id, problem, held) {
    const said = waiting.get(id);
    if (!said) return;
    waiting.delete(id);
    clearTimeout(said.timer);
    if (problem) said.failed(new OvationError({ ...problem, id }));
    else said.done(held ? { id, held } : { id });
    pump();
  }

  return {
    comment,
    settle,
    has: (id) => waiting.has(id),
    get size() { return waiting.size; },
    /** The server asks for patience with this one. */
    postpone(id, ms) {
      Object.assign(waiting.get(id), { due: now() + ms, tries: 0 });
      pump();
    },
    /** On a new connection, all that was not answered is sent again. */
    restart() {
      for (const said of waiting.values()) said.due = said.tries = 0;
      pump();
    },
    settleAll(problem) {
      for (const id of [...waiting.keys()]) settle(id, problem);
    },
    /** The connection was closed for what is sent now: on the next it would be, too. */
    settleSent(problem) {
      const [head] = waiting.values();
      if (head?.tries) settle(head.id, problem);
    },
  };
}
