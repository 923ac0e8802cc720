/* A viewer of a stream: what it says and hears. */
import { connection } from "./connection.js";
import { emitter, safely } from "./emitter.js";
import { request } from "./http.js";
import { bounded, ignorable, why, within } from "./limits.js";
import { moderation } from "./moderate.js";
import { limit, outbox } from "./outbox.js";
import { positionFrom } from "./position.js";
import { OvationError, check, checkCount, checkStream } from "./problem.js";
import { reactions } from "./reactions.js";

const TOKEN_MS = 10000;
const TOKENS_MOST = 5;
const AWAY_MOST_MS = 600000;
/* Temporary: send the same again, a little later. */
const PASSING = ["busy", "unavailable", "rate", "internal"];

const noToken = (e) => ({ code: "token", detail: `no token: ${why(e)}` });

/* Any other exception comes from what the application gave. */
function asError(problem) {
  if (problem instanceof OvationError) return problem;
  return new OvationError(problem.code ? problem : { code: "invalid", detail: why(problem) });
}

const failure = (problem) => ignorable(Promise.reject(asError(problem)));

/* Whatever they are given, these calls reject at worst, and may be ignored. */
function promised(calls) {
  for (const name in calls) {
    const call = calls[name];
    calls[name] = (...given) => ignorable(Promise.resolve().then(() => call(...given)).catch(failure));
  }
  return calls;
}

export function watch(given) {
  const options = given || {};
  const { user, token, debug } = options;
  const events = emitter();
  const { emit } = events;
  const line = connection(options, { check: checkWho, hello, receive, unreadable, ended, emit, fault, log });
  const sendIfOpen = (message) => line.state === "open" && line.send(message);
  const said = outbox(sendIfOpen, options.commentTimeout);
  const reacted = reactions(sendIfOpen);
  /* Who waits until it watches. */
  const readers = new Set();
  let { stream, region, at, last } = options;
  let position = positionFrom(options.since);
  let info = null;
  let known = {};
  /* Events that are retained, by name, as far as they were shown. */
  const retained = new Map();
  /* Tokens that were refused in a row. */
  let refusals = 0;
  /* close() is for ever. */
  let left = false;

  function log(...words) {
    if (debug) safely(typeof debug === "function" ? debug : console.debug, "ovation", ...words);
  }

  function fault(problem) {
    log("error", problem);
    emit("error", asError(problem));
  }

  function checkWho() {
    checkPlace(stream, options);
    if (user !== undefined || !token) check("user", user, 64);
  }

  function checkPlace(stream, { since, last }) {
    checkStream(stream);
    checkCount("since", since, 2 ** 53 - 1);
    checkCount("last", last, 100);
  }

  const credential = () =>
    within(TOKEN_MS, () => (typeof token === "function" ? token() : token));

  function hello() {
    const mine = line.turn;
    line.expectAnswer();
    credential().then(
      (jwt) => {
        if (mine !== line.turn) return;
        const since = position.offset ?? undefined;
        line.send({ type: "watch", stream, user, since, region, at, last: since == null ? last : undefined, token: jwt });
      },
      (e) => {
        if (mine !== line.turn) return;
        fault(noToken(e));
        if (mine === line.turn) line.comeBack("no token");
      },
    );
  }

  /* Messages */

  const pass = (message) => emit(message.type, message);
  /* A Map, since a type may be `__proto__`. */
  const receivers = new Map([
    ["watching", watching],
    ["comment", show],
    ["event", show],
    ["deleted", follow],
    ["purged", follow],
    ["error", refused],
    ["reconnect", ({ after_ms, reason }) => line.leave(bounded(after_ms, 0, AWAY_MOST_MS, 0), reason)],
    ["held", pass],
    ["reported", pass],
    ["gap", (message) => message.to >= message.from && (position.advance(message.to), pass(message))],
    ["accepted", ({ id, held }) => {
      line.answered();
      said.settle(id, null, held === true);
    }],
    ["retained", ({ names }) => Array.isArray(names) && retain(names)],
    ["pong", (message) => {
      line.answered();
      pass(message);
    }],
    ["reactions", (message) => {
      for (const key of ["counts", "totals"]) if (!message[key] || typeof message[key] !== "object") message[key] = {};
      learn({ totals: message.totals }, message);
    }],
    ["viewers", (message) => message.count >= 0 && learn({ viewers: message.count }, message)],
    ["status", (message) => learn({ live: message.live === true }, message)],
    ["settings", (message) => learn({ settings: message }, message)],
  ]);

  function learn(news, message) {
    Object.assign(known, news);
    pass(message);
  }

  /* A line may be of a later version, or of nobody: it does no harm to those behind it. */
  function receive(text) {
    log("<", text);
    try {
      const message = JSON.parse(text);
      /* After a move, the last stream's messages may still arrive. */
      if ((message.stream ?? stream) === stream) receivers.get(message.type)?.(message);
    } catch (e) {
      log(e);
    }
  }

  function show(message) {
    const { type, id } = message;
    /* A retained event comes again, under its old offset and time. */
    const fresh = !message.retained && position.advance(message.offset);
    if (!fresh && type === "comment") return;
    if (fresh && typeof message.at === "string") at = message.at;
    if (type === "comment" && message.user === user) said.settle(id);
    if (position.shown(message)) return;
    retained[message.ends && message.data !== null ? "set" : "delete"](message.name, message);
    pass(message);
  }

  /* What else was shown has ended meanwhile. If it comes again, it is shown again. */
  function retain(names) {
    retained.forEach((message, name) => {
      if (names.includes(name)) return;
      position.shown({ ...message, offset: -Infinity });
      show({ ...message, id: message.id + "/", data: null, retained: 1 });
    });
  }

  function follow(message) {
    if (position.advance(message.offset)) pass(message);
  }

  function watching(message) {
    const mine = line.turn;
    const before = position.offset;
    const same = message.region === region;
    refusals = 0;
    line.works(message.heartbeat_ms);
    position.begin(message.offset, before === null ? last > 0 : !same);
    region = message.region;
    info = message;
    const gap = same && before !== null && before < position.offset;
    const steps = [
      () => line.become("open"),
      () => pass(message),
      () => receivers.get("viewers")({ type: "viewers", stream, count: message.viewers }),
      () => gap && pass({ type: "gap", stream, from: before + 1, to: position.offset }),
      () => readers.forEach(([done]) => done(message)),
      () => said.restart(),
      () => reacted.flush(),
    ];
    /* A handler may close, or move on. */
    for (const step of steps) if (mine === line.turn) step();
  }

  function refused(error) {
    const { code, id } = error;
    const mine = line.turn;
    const open = line.state === "open";
    const passing = PASSING.includes(code);
    const later = bounded(error.retry_after_ms, 100, 60000, 1000) * (1 + Math.random());
    if (open) line.answered();
    /* SockJS without WebSocket cannot carry the close code that says the same. */
    if (code === "elsewhere") return line.finish(error);
    if (said.has(id)) return passing ? said.postpone(id, later) : said.settle(id, error);
    if (open) return fault(error);
    if (error.field === "since" && position.offset !== null) {
      /* No position may be final: it was the server that gave it out. */
      position.forget();
      /* Without a position no list comes, but what is left. */
      retain([]);
      return hello();
    }
    if (code === "unauthorized" && typeof token === "function" && ++refusals < TOKENS_MOST) {
      fault(error);
      return mine === line.turn && line.comeBack(error.detail);
    }
    if (!passing) return line.finish(error);
    if (options.urls?.length > 1) return line.comeBack(error.detail);
    line.helloLater(later);
  }

  function unreadable(detail) {
    said.settleSent({ code: "too_large", detail });
  }

  function ended(problem) {
    reacted.clear();
    if (left) events.clear();
    said.settleAll(problem);
    drop(problem);
  }

  const drop = (problem) => readers.forEach(([, no]) => no(asError(problem)));

  /* What the application asks for */

  async function call(method, path, body) {
    const jwt = await credential().catch((e) => failure(noToken(e)));
    return request(line.base, jwt, method, path, body);
  }

  function ready() {
    if (line.state === "open") return Promise.resolve(info);
    if (line.state === "closed") return failure({ code: "closed", detail: line.reason });
    let mine;
    const watches = new Promise((...pair) => readers.add((mine = pair)));
    const left = limit(options.commentTimeout);
    return ignorable(within(left, () => watches).catch(failure).finally(() => readers.delete(mine)));
  }

  function move(next, how) {
    const more = how || {};
    try {
      checkPlace(next, more);
    } catch (e) {
      return failure(e);
    }
    if (next === stream || line.state === "closed") return ready();
    reacted.flush();
    reacted.clear();
    said.settleAll({ code: "moved", detail: "it moved" });
    stream = next;
    ({ region = region, at, last } = more);
    position = positionFrom(more.since);
    known = {};
    retained.clear();
    if (line.state === "open") line.helloAgain("moved");
    else line.wake();
    return ready();
  }

  /* Connect only after the caller had a chance to register its handlers. */
  queueMicrotask(() => line.state || line.open());

  return {
    user,
    on: events.on,
    once: events.once,
    off: events.off,
    ready,
    move,
    comment(text, more) {
      const closed = line.state === "closed";
      try {
        const promise = said.comment(text, more, { closed, longest: known.settings?.max_text });
        line.wake();
        return promise;
      } catch (e) {
        return failure(e);
      }
    },
    react(kind, count = 1) {
      if (line.state === "closed") return;
      try {
        reacted.add(kind, count);
      } catch (e) {
        return fault(e);
      }
      line.wake();
    },
    ...promised({
      request: call,
      ...moderation((method, path, body) => call(method, `/streams/${stream}/${path}`, body), user),
    }),
    connect() {
      if (!left) line.open();
    },
    disconnect() {
      drop({ code: "closed", detail: "disconnected" });
      line.disconnect();
    },
    close() {
      if (left) return;
      left = true;
      line.finish({ code: "left", detail: "it left" }, true);
    },
    get stream() { return stream; },
    get state() { return line.state || "connecting"; },
    get reason() { return line.reason; },
    get transport() { return line.transport; },
    get url() { return line.url; },
    get position() { return position.offset; },
    get region() { return region; },
    get viewers() { return known.viewers ?? null; },
    get live() { return known.live ?? null; },
    get totals() { return known.totals ?? {}; },
    get settings() { return known.settings ?? null; },
    get pending() { return said.size; },
  };
}
