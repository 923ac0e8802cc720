// A world of its own for ovation.js: virtual time, a scripted server, and a page if wanted. Hours pass in milliseconds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

const SOURCE = readFileSync(new URL("../../../../client/ovation.js", import.meta.url), "utf8");
const START = Date.UTC(2026, 0, 1);
const settled = () => new Promise((done) => setImmediate(done));

export class World {
  time = 0;
  wall = START;
  timers = new Map();
  /** Each connection that was attempted. */
  sockets = [];
  /** Each message that clients sent, in order. */
  heard = [];
  /** What a client gets for its attempt: "open", "refused", "silent". */
  door = () => "open";
  offset = 10;
  region = "r";
  answers = {
    watch: (message, socket) => socket.say(this.watching(message)),
    ping: (_, socket) => socket.say({ type: "pong" }),
    comment: (message, socket) => socket.say({ type: "accepted", id: message.id }),
    reaction: () => {},
  };

  /** @param page whether there is a document; `given` adds to or replaces globals */
  constructor({ page = false, random = numbers(), given = {} } = {}) {
    const world = this;
    const G = {
      console, URL, URLSearchParams, TextEncoder, AbortController, queueMicrotask,
      performance: { now: () => world.time },
      setTimeout: (task, ms = 0, ...args) => world.#later(task, ms, args),
      clearTimeout: (id) => world.timers.delete(id),
      WebSocket: class extends FakeSocket {
        constructor(url) {
          super(world, url);
        }
      },
      ...target(),
      ...given,
    };
    if (page) {
      G.document = { hidden: false, baseURI: "https://page.example/", querySelector: () => null, ...target(), ...page };
      G.location ??= new URL("https://page.example/");
    }
    this.globals = createContext(G);
    this.random = random;
    G.draw = () => this.random();
    G.wall = () => this.wall + this.time;
    runInContext("Math.random = () => draw(); Date.now = () => wall();", G);
    runInContext(SOURCE, G);
    this.Ovation = G.Ovation;
  }

  #later(task, ms, args) {
    const id = {};
    // As platforms do it: beyond 2^31 ms it is at once.
    const wait = ms >= 2 ** 31 || !(ms > 0) ? 0 : ms;
    this.timers.set(id, { at: this.time + wait, run: () => task(...args) });
    return id;
  }

  /** Lets time pass: what is due happens in its order. */
  async pass(ms, result) {
    const end = this.time + ms;
    await settled();
    for (;;) {
      let next = null;
      for (const [id, timer] of this.timers) if (timer.at <= end && (!next || timer.at < next[1].at)) next = [id, timer];
      if (!next) break;
      this.timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      next[1].run();
      await settled();
    }
    this.time = end;
    return result;
  }

  /** The value of a promise that settles within this time, or its error, thrown. */
  async ends(promise, ms = 10) {
    const { value, error } = await this.pass(ms, outcome(promise));
    if (error) throw error;
    assert.ok(value !== undefined, `it does not settle within ${ms} ms`);
    return value;
  }

  /** Everything stands still, timers too, as in a frozen page or a sleeping machine. */
  freeze(ms) {
    this.time += ms;
  }

  /** A client whose events are kept. */
  watch(options = {}) {
    const viewer = this.Ovation.watch({ url: "https://live.example", stream: "s", user: "bob", ...options });
    viewer.events = [];
    for (const type of TYPES) viewer.on(type, (event) => viewer.events.push({ event: type, ...event, message: event.message }));
    viewer.of = (type) => viewer.events.filter(({ event }) => event === type);
    return viewer;
  }

  /** A client that watches. */
  async open(options) {
    const viewer = this.watch(options);
    await this.pass(0);
    return viewer;
  }

  watching({ stream = "s", since = this.offset }) {
    return { type: "watching", stream, region: this.region, offset: since, viewers: 7, heartbeat_ms: 25000 };
  }

  comment(offset, more) {
    return { type: "comment", stream: "s", id: `i${offset}`, user: "alice", text: `c${offset}`, at: `2026-01-01T00:00:00.${offset}Z`, offset, ...more };
  }

  get socket() {
    return this.sockets.at(-1);
  }

  heardOf(type) {
    return this.heard.filter((message) => message.type === type);
  }
}

/** How a promise ends, as far as it has ended. */
export function outcome(promise) {
  const result = {};
  promise.then((value) => Object.assign(result, { value }), (error) => Object.assign(result, { error }));
  return result;
}

/** Numbers in [0, 1) that look random and are the same in each run. */
function numbers(seed = 1) {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647;
}

const TYPES = [
  "state", "watching", "comment", "event", "deleted", "purged", "settings", "held", "reported", "reactions", "viewers",
  "status", "gap", "reconnect", "error", "pong", "__proto__", "constructor",
];

/** What `addEventListener` needs, and `fire` for tests. */
function target() {
  const listeners = new Map();
  return {
    listeners,
    addEventListener: (type, listener) => listeners.set(type, (listeners.get(type) ?? new Set()).add(listener)),
    removeEventListener: (type, listener) => listeners.get(type)?.delete(listener),
    fire: (type, event = {}) => [...(listeners.get(type) ?? [])].forEach((listener) => listener(event)),
  };
}

/** A client's end of a connection; `say`, `cut` and `closed` are the server's. */
export class FakeSocket {
  readyState = 0;
  alive = true;

  constructor(world, url) {
    this.world = world;
    this.url = url;
    this.at = world.time;
    world.sockets.push(this);
    const door = world.door(this);
    const soon = world.globals.setTimeout;
    if (door === "open") soon(() => this.#opened());
    if (door === "refused") soon(() => this.closed(1006, ""));
  }

  #opened() {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({});
  }

  send(data) {
    if (this.readyState !== 1) throw new Error("not open");
    if (!this.alive) return;
    const message = JSON.parse(data);
    this.world.heard.push({ ...message, sentAt: this.world.time, over: this });
    this.world.globals.setTimeout(() => this.world.answers[message.type]?.(message, this));
  }

  say(...messages) {
    this.line(messages.map((message) => JSON.stringify(message)).join("\n"));
  }

  line(data) {
    if (this.readyState === 1) this.onmessage?.({ data });
  }

  cut() {
    this.closed(1006, "");
  }

  closed(code, reason) {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  close() {
    this.readyState = 3;
  }
}
