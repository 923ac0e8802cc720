/*
 * Ovation's client: watches a stream, comments, reacts, and comes back by itself. No dependency.
 * As a script or a module it defines the global `Ovation`; require() gives it, too. See README.md.
 */
(() => {
  "use strict";

  const RETRY_MS = { first: 1000, most: 30000 };
  /* A transport that has not opened after this time is taken to be blocked. */
  const OPEN_MS = 8000;
  /* The server answers a watch within 10 s, if only with an error. */
  const WATCH_MS = 15000;
  const PONG_MS = 10000;
  const IDLE_MS = 30000;
  /* Bounds for the times that a server may ask for. */
  const BEAT_LEAST_MS = 1000;
  const AWAY_MOST_MS = 10 * 60 * 1000;
  /* Ids are remembered for 10 minutes: within that a repeated comment appears once at most. */
  const RESEND_MS = 9 * 60 * 1000;
  /* The server allows a viewer this many comments without an answer. */
  const OUTBOX_MOST = 16;
  const REACTIONS_MS = 200;
  const REACTIONS_MOST = 50;
  const KINDS_MOST = 32;
  const SHOWN_MOST = 500;
  const STALE = 4000;
  const FINAL = 4500;
  const FALLBACKS = ["xhr-streaming", "eventsource", "xhr-polling"];
  /* Temporary: send the same comment again, with the same id, a little later. */
  const PASSING = ["busy", "unavailable", "rate", "internal"];

  const G = globalThis;
  const page = typeof document === "object" ? document : null;
  const script = page && page.currentScript && page.currentScript.src;
  const here = script ? new URL(".", script).href : G.location ? location.origin : "";

  /** Why a comment was refused or a connection closed for good. `code` is for programs. */
  class OvationError extends Error {
    constructor(problem) {
      super(problem.detail || problem.code);
      this.name = "OvationError";
      Object.assign(this, problem);
    }
  }

  const part = () => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
  const randomId = () => part() + part() + part() + part();

  let loading = null;

  /* SockJS, which most viewers never need, comes from the node when WebSocket does not work. */
  function sockJs(url) {
    if (G.SockJS) return Promise.resolve(G.SockJS);
    loading ??= new Promise((done, failed) => {
      const tag = page.createElement("script");
      tag.src = `${url}/webjars/sockjs.min.js`;
      tag.onload = () => done(G.SockJS);
      tag.onerror = failed;
      page.head.append(tag);
    });
    loading.catch(() => (loading = null));
    return loading;
  }

  function watch(options) {
    const { stream, user, token } = options;
    const url = (options.url || here).replace(/\/+$/, "");
    const WebSocket = options.WebSocket || G.WebSocket;
    const needed = options.needed || (() => !page || !page.hidden);
    const handlers = new Map();
    const outbox = new Map();
    const reactions = new Map();
    const shownAt = new Map();
    let { since: position = null, region } = options;
    let state = "";
    let link = null;
    let transport = null;
    /* Counts connections, so that messages of an earlier one are ignored. */
    let turn = 0;
    let timer = 0;
    let beat = 0;
    let pong = 0;
    let flushing = 0;
    let received = 0;
    let heardAt = 0;
    let attempts = 0;
    /* WebSocket attempts that failed in a row, and whether one ever worked. */
    let misses = 0;
    let worked = false;
    /* The server asked not to reconnect before this time. */
    let notBefore = 0;

    function emit(type, event) {
      for (const handler of handlers.get(type) || []) {
        try {
          handler(event);
        } catch (e) {
          setTimeout(() => {
            throw e;
          });
        }
      }
    }

    function become(next, more) {
      state = next;
      emit("state", { state, transport, ...more });
    }

    /* Connecting */

    function connect() {
      if (state === "closed") return;
      cut();
      const mine = ++turn;
      const fallback = !WebSocket || misses >= (worked ? 3 : 1);
      transport = fallback ? "sockjs" : "websocket";
      become("connecting");
      timer = setTimeout(failed, OPEN_MS, mine);
      if (fallback) {
        sockJs(url).then(
          (SockJS) => adopt(mine, () => new SockJS(`${url}/live`, null, { transports: FALLBACKS })),
          () => failed(mine),
        );
      } else {
        adopt(mine, () => new WebSocket(`${url.replace(/^http/, "ws")}/live/websocket`));
      }
    }

    function adopt(mine, make) {
      if (mine !== turn) return;
      try {
        link = make();
      } catch {
        return failed(mine);
      }
      link.onopen = () => mine === turn && hello(mine);
      link.onerror = () => {}; /* onclose follows, with the reason */
      link.onmessage = (event) => {
        /* A WebSocket frame may hold several messages, one per line. */
        for (const line of event.data.split("\n")) if (mine === turn) receive(line);
      };
      link.onclose = (event) => mine === turn && closed(event, mine);
    }

    function hello(mine) {
      clearTimeout(timer);
      timer = setTimeout(failed, WATCH_MS, mine);
      Promise.resolve(typeof token === "function" ? token() : token).then(
        (token) => {
          if (mine !== turn) return;
          const since = position === null ? undefined : position;
          send({ type: "watch", stream, user, since, region, token });
        },
        (e) => {
          emit("error", { code: "token", detail: String(e) });
          failed(mine);
        },
      );
    }

    /* The attempt failed: the next one may use another transport. */
    function failed(mine) {
      if (mine !== turn) return;
      if (transport === "websocket") misses++;
      else misses = 0;
      comeBack();
    }

    function closed({ code, reason }, mine) {
      if (code >= FINAL && code < 5000) finish({ code: "closed", detail: reason, close: code });
      else if (state !== "open") failed(mine);
      else if (code === STALE && !needed()) rest();
      else comeBack();
    }

    /* Full jitter: viewers who lost the same node reconnect at different times. */
    function comeBack(ms = Math.random() * Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** attempts++)) {
      cut();
      const wait = Math.max(ms, notBefore - Date.now());
      become("waiting", { after_ms: Math.round(wait) });
      timer = setTimeout(connect, wait);
    }

    /* The page is hidden: stay disconnected until it is visible again. */
    function rest() {
      cut();
      become("idle");
      timer = setTimeout(wake, IDLE_MS);
    }

    /* The page became visible, the network is back, or the user did something. */
    function wake() {
      if (state === "open") ping();
      else if (state === "idle" && !needed()) rest();
      else if (state === "idle" || (state === "waiting" && Date.now() > notBefore)) {
        comeBack(Math.random() * RETRY_MS.first);
      }
    }

    function cut() {
      turn++;
      clearTimeout(timer);
      clearTimeout(pong);
      pong = 0;
      clearInterval(beat);
      const old = link;
      link = null;
      if (old) {
        old.onopen = old.onmessage = old.onclose = null;
        old.close();
      }
    }

    /* A connection is alive as long as it answers pings. */
    function ping() {
      if (pong) return;
      const before = received;
      send({ type: "ping" });
      pong = setTimeout(() => {
        pong = 0;
        if (before === received) comeBack();
      }, PONG_MS);
    }

    function keepAlive(ms) {
      clearInterval(beat);
      /* The browser answers WebSocket pings by itself, but not those of SockJS. */
      beat = setInterval(() => {
        if (transport === "sockjs" || Date.now() - heardAt > ms / 2) ping();
      }, ms);
    }

    /* Messages */

    function send(message) {
      if (link && link.readyState === 1) link.send(JSON.stringify(message));
    }

    function receive(data) {
      received++;
      heardAt = Date.now();
      let message;
      try {
        message = JSON.parse(data);
      } catch {
        return;
      }
      const { type } = message;
      if (type === "watching") return watching(message);
      if (type === "accepted") return settle(message.id);
      if (type === "error") return refused(message);
      if (type === "reconnect") return leave(message);
      if (type === "comment") {
        if (message.offset <= position) return;
        position = message.offset;
        if (shown(message)) return;
      } else if (type === "gap") {
        position = Math.max(position, message.to);
      }
      emit(type, message);
    }

    /*
     * A node's death may give a comment a second offset. Offsets count microseconds, but for a stream that is ahead of
     * its server's clock; so an id is new again if either its offset or the time says so.
     */
    function shown({ user, id, offset }) {
      const who = user + "\n" + id;
      const before = shownAt.get(who);
      const at = performance.now();
      shownAt.set(who, { offset, at });
      if (shownAt.size > SHOWN_MOST) shownAt.delete(shownAt.keys().next().value);
      return before && offset - before.offset < RESEND_MS * 1000 && at - before.at < RESEND_MS;
    }

    function watching(message) {
      clearTimeout(timer);
      attempts = 0;
      if (transport === "websocket") {
        misses = 0;
        worked = true;
      }
      const from = message.region === region ? position : null;
      region = message.region;
      position = message.offset;
      keepAlive(Math.max(message.heartbeat_ms || 0, BEAT_LEAST_MS));
      become("open");
      emit("watching", message);
      emit("viewers", { type: "viewers", stream, count: message.viewers });
      if (from !== null && from < position) emit("gap", { type: "gap", from: from + 1, to: position });
      for (const id of outbox.keys()) deliver(id);
      flush();
    }

    function leave({ after_ms, reason }) {
      const ms = Math.min(Math.max(after_ms || 0, 0), AWAY_MOST_MS);
      notBefore = Date.now() + ms;
      misses = 0;
      emit("reconnect", { after_ms: ms, reason });
      if (needed()) comeBack(ms);
      else rest();
    }

    function refused(error) {
      const passing = PASSING.includes(error.code);
      const later = (error.retry_after_ms || RETRY_MS.first) * (1 + Math.random());
      if (error.code === "elsewhere") {
        /* SockJS without WebSocket cannot carry the close code that says the same. */
        finish(error);
      } else if (outbox.has(error.id)) {
        if (passing) setTimeout(deliver, later, error.id);
        else settle(error.id, error);
      } else if (state === "open") {
        emit("error", error);
      } else if (error.field === "since" && position !== null) {
        /* No position may be final: it was the server that gave it out. */
        position = null;
        hello(turn);
      } else if (passing) {
        const mine = turn;
        setTimeout(() => mine === turn && hello(mine), later);
      } else {
        finish(error);
      }
    }

    /* Comments that the server has not yet acknowledged as durable. */

    function comment(text, id = randomId()) {
      if (outbox.has(id)) return outbox.get(id).promise;
      const said = { text };
      said.promise = new Promise((done, failed) => Object.assign(said, { done, failed }));
      if (state === "closed") {
        said.failed(new OvationError({ code: "closed", detail: "the connection is closed", id }));
      } else if (outbox.size >= OUTBOX_MOST) {
        said.failed(new OvationError({ code: "busy", detail: "too many comments wait", id }));
      } else {
        const late = { code: "timeout", detail: "it could not be sent in time", id };
        said.timer = setTimeout(settle, RESEND_MS, id, late);
        outbox.set(id, said);
        deliver(id);
        if (state === "idle") wake();
      }
      return said.promise;
    }

    function deliver(id) {
      if (state === "open" && outbox.has(id)) {
        send({ type: "comment", id, text: outbox.get(id).text });
      }
    }

    function settle(id, problem) {
      const said = outbox.get(id);
      if (!said) return;
      outbox.delete(id);
      clearTimeout(said.timer);
      if (problem) said.failed(new OvationError(problem));
      else said.done({ id });
    }

    /* Reactions are collected for a moment, so that quick clicks cost few messages. */

    function react(kind, count = 1) {
      if (reactions.size >= KINDS_MOST && !reactions.has(kind)) return;
      reactions.set(kind, Math.min(REACTIONS_MOST, (reactions.get(kind) || 0) + count));
      flushing ||= setTimeout(flush, REACTIONS_MS);
    }

    function flush() {
      clearTimeout(flushing);
      flushing = 0;
      if (state !== "open") return;
      for (const [kind, count] of reactions) send({ type: "reaction", kind, count });
      reactions.clear();
    }

    /* Closing */

    function finish(problem) {
      cut();
      if (page) page.removeEventListener("visibilitychange", seen);
      if (G.removeEventListener) G.removeEventListener("online", wake);
      clearTimeout(flushing);
      for (const id of [...outbox.keys()]) settle(id, { ...problem, id });
      become("closed");
      if (problem.code !== "left") emit("error", problem);
    }

    const seen = () => !page.hidden && wake();
    if (page) page.addEventListener("visibilitychange", seen);
    if (G.addEventListener) G.addEventListener("online", wake);
    /* Connect only after the caller had a chance to register its handlers. */
    queueMicrotask(connect);

    return {
      stream,
      user,
      comment,
      react,
      /** Calls `handler` for each event of that type; returns a function that removes the handler. */
      on(type, handler) {
        if (!handlers.has(type)) handlers.set(type, new Set());
        handlers.get(type).add(handler);
        return () => handlers.get(type).delete(handler);
      },
      close() {
        if (state !== "closed") finish({ code: "left", detail: "the viewer left" });
      },
      get state() { return state || "connecting"; },
      get transport() { return transport; },
      get position() { return position; },
    };
  }

  const Ovation = { watch, OvationError };
  G.Ovation = Ovation;
  if (typeof module === "object" && module.exports) module.exports = Ovation;
})();
