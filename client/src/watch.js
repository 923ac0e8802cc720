import { emitter } from "./emitter.js";
import { heartbeat } from "./heartbeat.js";
import { historyPath, request } from "./http.js";
import { bounded, ignorable, now, within } from "./limits.js";
import { outbox } from "./outbox.js";
import { followPage, page, visible } from "./page.js";
import { positionFrom } from "./position.js";
import { OvationError, address, check, checkStream } from "./problem.js";
import { reactions } from "./reactions.js";
import { sites } from "./sites.js";
import { MISSES, transports } from "./transport.js";

/* A transport that has not opened after this time is taken to be blocked. */
const OPEN_MS = 8000;
/* The server answers a watch within 10 s, if only with an error. */
const WATCH_MS = 15000;
const TOKEN_MS = 10000;
const IDLE_MS = 30000;
/* Only a connection that lasted this long ends the backoff. */
const STABLE_MS = 20000;
const AWAY_MOST_MS = 600000;
const TOKENS_MOST = 5;
/* From here on, close codes mean: do not come back. */
const FINAL = 4500;
const STALE = 4000;
const UNREADABLE = [1007, 1009];
/* Temporary: send the same again, a little later. */
const PASSING = ["busy", "unavailable", "rate", "internal"];

const script = page && page.currentScript;
const origin = globalThis.location ? globalThis.location.origin : "";
const here = script && script.src ? new URL(".", script.src).href : origin;

export function watch(options) {
  const { user, token, debug } = options;
  const { first = 1000, most = 30000 } = options.retry || {};
  const openMs = bounded(options.openTimeout, 1, 60000, OPEN_MS);
  const needed = options.needed || visible;
  const ways = transports({ ...options, page });
  const events = emitter();
  const { emit } = events;
  const beat = heartbeat(send, () => comeBack("no answer to a ping"), bounded(options.pingInterval, 100, 60000));
  const said = outbox(sendIfOpen, options.commentTimeout);
  const reacted = reactions(sendIfOpen);
  const readers = [];
  let { stream, region, at, last } = options;
  let position = positionFrom(options.since);
  let places = null;
  let info = null;
  let known = {};
  let state = "";
  let reason = "";
  let link = null;
  let transport = null;
  /* Counts connections, so that messages of an earlier one are ignored. */
  let turn = 0;
  let timer = 0;
  let stopReturn = () => {};
  let unfollow = null;
  let triedAt = -Infinity;
  let openedAt = 0;
  let attempts = 0;
  let refusals = 0;
  let told = "";
  /* The server asked not to reconnect before this time. */
  let notBefore = 0;
  /* close() is for ever. */
  let left = false;

  const log = (...words) => debug && (typeof debug === "function" ? debug : console.debug)("ovation", ...words);

  function fault(problem) {
    log("error", problem);
    emit("error", problem instanceof OvationError ? problem : new OvationError(problem));
  }

  /* A lasting obstacle is told once. */
  function tell(code, detail) {
    if (told !== detail) fault({ code, detail });
    told = detail;
  }

  function become(next, why = "", more) {
    state = next;
    reason = why;
    log(next, why);
    emit("state", { state, transport, url: places && places.url, attempt: attempts, reason, ...more });
  }

  function isNeeded() {
    try {
      return needed();
    } catch {
      return true;
    }
  }

  const credential = () =>
    within(TOKEN_MS, "the token function gave no answer in time", () => (typeof token === "function" ? token() : token));

  /* Connecting */

  function start() {
    try {
      checkStream(stream);
      if (user !== undefined || !token) check("user", user, 64);
      const urls = options.urls && options.urls.length ? [...options.urls] : [options.url || here];
      places = sites(urls.map(address));
      transport = ways.choose(places.url);
    } catch (e) {
      return finish(e);
    }
    unfollow ??= followPage({ wake, offline, leave: () => /open|connecting|waiting/.test(state) && rest("the page was left"), blocked });
    connect();
  }

  function connect() {
    cut();
    const mine = turn;
    triedAt = now();
    transport = ways.choose(places.url);
    timer = setTimeout(failed, places.patience(openMs), mine, "it did not open in time", MISSES);
    become("connecting");
    if (mine !== turn) return;
    ways.make(transport, places.url).then(
      (made) => {
        if (mine === turn) adopt(made, mine);
        else made.close();
      },
      (e) => {
        if (mine !== turn) return;
        tell("blocked", `${transport} cannot be used with ${places.url}: ${e.message}`);
        failed(mine, e.message);
      },
    );
  }

  function adopt(made, mine) {
    link = made;
    link.onopen = () => mine === turn && hello();
    link.onerror = () => {}; /* onclose follows, with the reason */
    link.onmessage = ({ data }) => {
      if (typeof data !== "string") return;
      /* A WebSocket frame may hold several messages, one per line. */
      for (const line of data.split("\n")) if (mine === turn) receive(line);
    };
    /* SockJS: timers sleep in a hidden page, but the server's beat arrives. */
    link.onheartbeat = () => mine === turn && send({ type: "ping" });
    link.onclose = (event) => mine === turn && closed(event, mine);
  }

  function hello() {
    const mine = turn;
    clearTimeout(timer);
    timer = setTimeout(failed, WATCH_MS, mine, "the watch was not answered", MISSES);
    credential().then(
      (jwt) => {
        if (mine !== turn) return;
        const since = position.offset === null ? undefined : position.offset;
        send({ type: "watch", stream, user, since, region, at, last: since === undefined ? last : undefined, token: jwt });
      },
      (e) => {
        if (mine !== turn) return;
        fault({ code: "token", detail: `no token: ${(e && e.message) || e}` });
        if (mine === turn) comeBack("no token");
      },
    );
  }

  function failed(mine, why, weight = 1) {
    if (mine !== turn) return;
    ways.failed(transport, places.url, weight);
    comeBack(why);
  }

  function closed({ code, reason: why }, mine) {
    const more = { code, reason: why || `closed with ${code}` };
    if (UNREADABLE.includes(code)) said.settleSent({ code: "too_large", detail: more.reason });
    if (code >= FINAL && code < 5000) finish({ code: "closed", detail: more.reason, close: code });
    else if (code === STALE && !isNeeded()) rest(more.reason, more);
    else if (state === "open" || code >= STALE) comeBack(more.reason, more);
    else failed(mine, more.reason);
  }

  /* Full jitter: viewers who lost the same node reconnect at different times. */
  function comeBack(why, more) {
    backOff();
    wait(Math.min(jitter(), places.next(why === "region", Math.random() * first)), why, more);
  }

  function backOff() {
    if (openedAt && now() - openedAt >= STABLE_MS) attempts = 0;
    openedAt = 0;
  }

  const jitter = () => Math.random() * Math.min(most, first * 2 ** attempts++);

  function wait(ms, why, more) {
    cut();
    ms = Math.max(ms, notBefore - now(), 0);
    become("waiting", why, { after_ms: Math.round(ms), ...more });
    if (state === "waiting") timer = setTimeout(connect, ms);
  }

  /* Nobody looks: stay disconnected until it is needed again. */
  function rest(why, more) {
    cut();
    become("idle", why, more);
    if (state === "idle") timer = setTimeout(wake, IDLE_MS);
  }

  /* The page became visible, the network is back, or (`must`) the user did something. */
  function wake(must) {
    if (state === "open") beat.ping();
    else if (state === "idle" && must !== true && !isNeeded()) {
      clearTimeout(timer);
      timer = setTimeout(wake, IDLE_MS);
    } else if (state === "idle" || (state === "waiting" && now() > notBefore)) {
      wait(Math.max(Math.random() * first, triedAt + first - now()), "woken");
    }
  }

  function offline() {
    if (state === "open" || state === "connecting") comeBack("the browser is offline");
  }

  function blocked(uri, directive) {
    const path = (url) => url.replace(/^(http|ws)/, "");
    if (path(uri).startsWith(path(places.url))) {
      tell("blocked", `the page's Content-Security-Policy (${directive}) forbids ${uri}`);
    }
  }

  function cut() {
    turn++;
    clearTimeout(timer);
    beat.stop();
    stopReturn();
    backOff();
    const old = link;
    link = null;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = old.onheartbeat = null;
    old.close();
  }

  /* Messages */

  function send(message) {
    if (!link || link.readyState !== 1) return false;
    const json = JSON.stringify(message);
    log(">", json);
    beat.sent();
    link.send(json);
    return true;
  }

  function sendIfOpen(message) {
    return state === "open" && send(message);
  }

  const pass = (message) => emit(message.type, message);
  /* A Map, since a type may be `__proto__`. */
  const receivers = new Map([
    ["watching", watching],
    ["comment", show],
    ["event", show],
    ["deleted", follow],
    ["purged", follow],
    ["error", refused],
    ["reconnect", leave],
    ["held", pass],
    ["reported", pass],
    ["gap", (message) => message.to >= message.from && (position.advance(message.to), pass(message))],
    ["accepted", ({ id, held }) => {
      beat.answered();
      said.settle(id, null, held === true);
    }],
    ["pong", (message) => {
      beat.answered();
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

  function receive(line) {
    let message = null;
    try {
      message = JSON.parse(line);
    } catch {
      /* A line of a later version, or of nobody. */
    }
    log("<", line);
    if (!message || typeof message !== "object") return;
    if (state === "open") places.heard();
    /* After a move, the last stream's messages may still arrive. */
    if (message.stream !== undefined && message.stream !== stream) return;
    const receiver = receivers.get(message.type);
    if (receiver) receiver(message);
  }

  function show(message) {
    const { type, id } = message;
    /* A retained event comes again, under its old offset. */
    if (!position.advance(message.offset) && type === "comment") return;
    if (typeof message.at === "string") at = message.at;
    if (type === "comment" && message.user === user) said.settle(id);
    if (!position.shown(message)) pass(message);
  }

  function follow(message) {
    if (position.advance(message.offset)) pass(message);
  }

  function watching(message) {
    clearTimeout(timer);
    const mine = turn;
    const before = position.offset;
    const same = message.region === region;
    openedAt = now();
    refusals = 0;
    told = "";
    places.works();
    ways.worked(transport, places.url);
    if (transport === "sockjs") stopReturn = ways.untilWebSocketWorks(places.url, () => wait(Math.random() * first, "WebSocket works"));
    position.begin(message.offset, before === null ? last > 0 : !same);
    region = message.region;
    info = message;
    beat.start(bounded(message.heartbeat_ms, 1000, 120000, 25000));
    const gap = same && before !== null && before < position.offset;
    const steps = [
      () => become("open"),
      () => pass(message),
      () => receivers.get("viewers")({ type: "viewers", stream, count: message.viewers }),
      () => gap && pass({ type: "gap", stream, from: before + 1, to: position.offset }),
      () => readers.splice(0).forEach(([done]) => done(message)),
      () => said.restart(),
      () => reacted.flush(),
    ];
    /* A handler may close, or move on. */
    for (const step of steps) if (mine === turn) step();
  }

  function leave({ after_ms, reason: why }) {
    const mine = turn;
    const ms = bounded(after_ms, 0, AWAY_MOST_MS, 0);
    notBefore = now() + ms;
    emit("reconnect", { after_ms: ms, reason: why });
    if (mine !== turn) return;
    if (!isNeeded()) return rest(why);
    if (why === "region") return comeBack(why);
    backOff();
    places.preferFirst();
    wait(jitter(), why);
  }

  function refused(error) {
    const { code, id } = error;
    const mine = turn;
    const passing = PASSING.includes(code);
    const later = bounded(error.retry_after_ms, 100, 60000, first) * (1 + Math.random());
    if (state === "open") beat.answered();
    /* SockJS without WebSocket cannot carry the close code that says the same. */
    if (code === "elsewhere") return finish(error);
    if (said.has(id)) return passing ? said.postpone(id, later) : said.settle(id, error);
    if (state === "open") return fault(error);
    if (error.field === "since" && position.offset !== null) {
      /* No position may be final: it was the server that gave it out. */
      position.forget();
      return hello();
    }
    if (code === "unauthorized" && typeof token === "function" && ++refusals < TOKENS_MOST) {
      fault(error);
      return mine === turn && comeBack(error.detail);
    }
    if (!passing) return finish(error);
    if (options.urls && options.urls.length > 1) return comeBack(error.detail);
    clearTimeout(timer);
    timer = setTimeout(() => mine === turn && hello(), Math.max(later, jitter()));
  }

  /* Leaving, moving, closing */

  const failure = (problem) => ignorable(Promise.reject(problem instanceof OvationError ? problem : new OvationError(problem)));

  function ready() {
    if (state === "open") return Promise.resolve(info);
    if (state === "closed") return failure({ code: "closed", detail: reason });
    return ignorable(new Promise((...pair) => readers.push(pair)));
  }

  function move(next, more = {}) {
    try {
      checkStream(next);
    } catch (e) {
      return failure(e);
    }
    if (next === stream || state === "closed") return ready();
    reacted.flush();
    reacted.clear();
    said.settleAll({ code: "moved", detail: "the viewer moved to another stream" });
    stream = next;
    ({ region = region, at, last } = more);
    position = positionFrom(more.since);
    known = {};
    if (state === "open") {
      beat.stop();
      become("connecting", "moved");
      if (state === "connecting") hello();
    }
    return ready();
  }

  function finish(problem) {
    cut();
    if (unfollow) unfollow();
    unfollow = null;
    reacted.clear();
    if (left) events.clear();
    state = "closed";
    reason = problem.detail;
    said.settleAll(problem);
    readers.splice(0).forEach(([, no]) => no(new OvationError(problem)));
    if (left) return;
    become("closed", problem.detail, { code: problem.close });
    fault(problem);
  }

  /* Connect only after the caller had a chance to register its handlers. */
  queueMicrotask(() => state || start());

  return {
    user,
    on: events.on,
    once: events.once,
    off: events.off,
    ready,
    move,
    comment(text, more) {
      const promise = said.comment(text, more, { closed: state === "closed", longest: (known.settings || {}).max_text });
      if (said.size && state === "idle") wake(true);
      return promise;
    },
    react(kind, count = 1) {
      if (state === "closed") return;
      try {
        reacted.add(kind, count);
      } catch (e) {
        return fault(e);
      }
      if (state === "idle") wake(true);
    },
    async request(method, path, body) {
      const jwt = await credential().catch((e) => failure({ code: "token", detail: `no token: ${(e && e.message) || e}` }));
      return request(places ? places.url : address(options.url || here), jwt, method, path, body);
    },
    history(which) {
      return this.request("GET", historyPath(stream, which));
    },
    connect() {
      if (left) return;
      if (state === "closed" || state === "disconnected") start();
      else if (state === "idle" || state === "waiting") wait(0, "asked to");
    },
    disconnect() {
      if (state === "closed") return;
      cut();
      become("disconnected", "asked to");
    },
    close() {
      if (left) return;
      left = true;
      finish({ code: "left", detail: "the viewer left" });
    },
    get stream() { return stream; },
    get state() { return state || "connecting"; },
    get reason() { return reason; },
    get transport() { return transport; },
    get url() { return places && places.url; },
    get position() { return position.offset; },
    get region() { return region; },
    get viewers() { return known.viewers ?? null; },
    get live() { return known.live ?? null; },
    get totals() { return known.totals ?? {}; },
    get settings() { return known.settings ?? null; },
    get pending() { return said.size; },
  };
}
