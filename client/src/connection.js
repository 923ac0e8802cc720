/* One connection at a time: how it is opened, found dead, waited for, put to rest and ended. */
import { backoff } from "./backoff.js";
import { heartbeat } from "./heartbeat.js";
import { bounded, now } from "./limits.js";
import { followPage, page, script, visible } from "./page.js";
import { address } from "./problem.js";
import { sites } from "./sites.js";
import { MISSES, transports } from "./transport.js";

/* A transport that has not opened after this time is taken to be blocked. */
const OPEN_MS = 8000;
/* The server answers a watch within 10 s, if only with an error. */
const WATCH_MS = 15000;
const IDLE_MS = 30000;
/* From here on, close codes mean: do not come back. */
const FINAL = 4500;
const STALE = 4000;
const UNREADABLE = [1007, 1009];

const here = script?.src ? new URL(".", script.src).href : globalThis.location?.origin || "";

/**
 * @param viewer what a viewer does with its connection: `check()` throws if it may not begin; `hello()` says on a new
 *   connection what to watch; `receive(line)`; `unreadable(why)`, what it sent was not taken; `ended(problem)`, for good;
 *   and how it tells: `emit`, `fault`, `log`
 */
export function connection(options, viewer) {
  const { emit, fault, log } = viewer;
  const openMs = bounded(options.openTimeout, 1, 60000, OPEN_MS);
  const needed = options.needed || visible;
  const ways = transports({ ...options, page });
  const retry = backoff(options.retry);
  const beat = heartbeat(send, () => comeBack("no answer to a ping"), bounded(options.pingInterval, 100, 60000));
  let places = null;
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
  let told = "";

  /* A lasting obstacle is told once. */
  function tell(detail) {
    if (told !== detail) fault({ code: "blocked", detail });
    told = detail;
  }

  function become(next, why = "", more) {
    state = next;
    reason = why;
    log(next, why);
    emit("state", { state, transport, url: places && places.url, attempt: retry.attempts, reason, ...more });
  }

  function isNeeded() {
    try {
      return needed();
    } catch {
      return true;
    }
  }

  /* Opening */

  function addresses() {
    const { url, urls } = options;
    return [].concat(urls?.length ? urls : url || here).map(address);
  }

  function start() {
    try {
      viewer.check();
      places = sites(addresses());
      transport = ways.choose();
    } catch (e) {
      return finish(e);
    }
    unfollow ??= followPage({ wake, offline, leave: () => /open|connecting|waiting/.test(state) && rest("page left"), blocked });
    connect();
  }

  function connect() {
    cut();
    const mine = turn;
    triedAt = now();
    transport = ways.choose();
    timer = setTimeout(failed, places.patience(openMs), mine, "no answer in time", MISSES);
    become("connecting");
    if (mine !== turn) return;
    ways.make(transport, places.url).then(
      (made) => {
        if (mine === turn) adopt(made, mine);
        else made.close();
      },
      (e) => {
        if (mine !== turn) return;
        tell(`${transport} cannot be used with ${places.url}: ${e.message}`);
        failed(mine, e.message);
      },
    );
  }

  function adopt(made, mine) {
    link = made;
    link.onopen = viewer.hello;
    link.onerror = () => {}; /* onclose follows, with the reason */
    link.onmessage = ({ data }) => {
      if (typeof data !== "string") return;
      if (state === "open") places.heard();
      /* A WebSocket frame may hold several messages, one per line. */
      for (const line of data.split("\n")) if (mine === turn) viewer.receive(line);
    };
    /* SockJS: timers sleep in a hidden page, but the server's beat arrives. */
    link.onheartbeat = () => send({ type: "ping" });
    link.onclose = closed;
  }

  function failed(mine, why, weight = 1) {
    if (mine !== turn) return;
    ways.failed(transport, places.url, weight);
    comeBack(why);
  }

  function closed({ code, reason: why }) {
    const more = { code, reason: why || `closed with ${code}` };
    if (UNREADABLE.includes(code)) viewer.unreadable(more.reason);
    if (code >= FINAL && code < 5000) finish({ code: "closed", detail: more.reason, close: code });
    else if (code === STALE && !isNeeded()) rest(more.reason, more);
    else if (state === "open" || code >= STALE) comeBack(more.reason, more);
    else failed(turn, more.reason);
  }

  /* Waiting */

  function comeBack(why, more) {
    retry.closed();
    wait(Math.min(retry.next(), places.next(retry.soon())), why, more);
  }

  function wait(ms, why, more) {
    cut();
    ms = Math.max(ms, retry.left);
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
    } else if (state === "idle" || (state === "waiting" && !retry.left)) {
      wait(Math.max(retry.soon(), triedAt + retry.first - now()), "woken");
    }
  }

  function offline() {
    if (state === "open" || state === "connecting") comeBack("browser is offline");
  }

  function blocked(uri, directive) {
    const path = (url) => url.replace(/^(http|ws)/, "");
    if (path(uri).startsWith(path(places.url))) {
      tell(`the page's Content-Security-Policy (${directive}) forbids ${uri}`);
    }
  }

  function cut() {
    turn++;
    clearTimeout(timer);
    beat.stop();
    stopReturn();
    retry.closed();
    const old = link;
    link = null;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = old.onheartbeat = null;
    old.close();
  }

  /* For good, or until it is opened again; `silent` when the viewer itself closed it. */
  function finish(problem, silent) {
    cut();
    if (unfollow) unfollow();
    unfollow = null;
    state = "closed";
    reason = problem.detail;
    viewer.ended(problem);
    if (silent) return;
    become("closed", problem.detail, { code: problem.close });
    fault(problem);
  }

  function send(message) {
    if (link?.readyState !== 1) return false;
    const json = JSON.stringify(message);
    log(">", json);
    beat.sent();
    link.send(json);
    return true;
  }

  return {
    send,
    answered: beat.answered,
    become,
    comeBack,
    finish,
    get turn() { return turn; },
    get state() { return state; },
    get reason() { return reason; },
    get transport() { return transport; },
    get url() { return places && places.url; },
    get base() { return places ? places.url : addresses()[0]; },

    open() {
      if (!state || state === "closed" || state === "disconnected") start();
      else if (state === "idle" || state === "waiting") wait(0, "asked to");
    },

    disconnect() {
      if (state === "closed") return;
      cut();
      become("disconnected", "asked to");
    },

    wake() {
      if (state === "idle") wake(true);
    },

    /** The answer to `hello` has to come in time. */
    expectAnswer() {
      clearTimeout(timer);
      timer = setTimeout(failed, WATCH_MS, turn, "no answer in time", MISSES);
    },

    /** That answer came; the server beats every `ms`. */
    works(ms) {
      clearTimeout(timer);
      retry.opened();
      told = "";
      places.works();
      ways.worked(transport, places.url);
      if (transport === "sockjs") {
        stopReturn = ways.untilWebSocketWorks(places.url, () => wait(retry.soon(), "WebSocket works"));
      }
      beat.start(bounded(ms, 1000, 120000, 25000));
    },

    /** Says hello again on the same connection, in `ms` at the earliest. */
    helloLater(ms) {
      const mine = turn;
      clearTimeout(timer);
      timer = setTimeout(() => mine === turn && viewer.hello(), Math.max(ms, retry.next()));
    },

    helloAgain(why) {
      beat.stop();
      become("connecting", why);
      if (state === "connecting") viewer.hello();
    },

    /** The server asks to go, and not to come back for `ms`. */
    leave(ms, why) {
      const mine = turn;
      retry.notFor(ms);
      emit("reconnect", { after_ms: ms, reason: why });
      if (mine !== turn) return;
      if (!isNeeded()) rest(why);
      else {
        retry.closed();
        places.preferFirst();
        wait(retry.next(), why);
      }
    },
  };
}
