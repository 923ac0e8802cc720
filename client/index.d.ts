/** Ovation's client. As a plain script it is the global `Ovation`. */
export as namespace Ovation;

/** Watches a stream until `close()`, reconnecting whenever the connection is lost. */
export function watch(options: WatchOptions): Viewer;

export interface WatchOptions {
  /** 1-128 of `A-Z a-z 0-9 . _ : -`. */
  stream: string;
  /** 1-64 characters. May be left out with a `token`, whose `sub` is the user. */
  user?: string;
  /** Address of the server or of the proxy in front of it. Default: where the script came from. */
  url?: string;
  /**
   * Addresses of several regions, the preferred one first. The viewer moves to the next one when a region has not
   * answered for 10 s, and looks for the first one again when it has to reconnect anyway.
   */
  urls?: string[];
  /**
   * Proof of who the user is, for servers that require one. A function is called for each connection and each HTTP
   * request, so that a token is replaced before it ends; it has 10 s.
   */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** The last offset seen, to resume from there: the `position` of an earlier viewer. */
  since?: number;
  /** The region that the offset `since` belongs to, and the time (`at`) of the last event seen. */
  region?: string;
  at?: string;
  /** Also the last comments before joining, 0-100. Ignored with `since`. */
  last?: number;
  /**
   * Returns whether the stream is still needed; called when the server asks its viewers to reconnect. Default:
   * whether the page is visible or has a picture-in-picture window.
   */
  needed?: () => boolean;
  /** A WebSocket class to use instead of the platform's, such as that of the package `ws`. */
  WebSocket?: unknown;
  /** A SockJS class, instead of the one that is loaded from the server when WebSocket does not work. */
  SockJS?: unknown;
  /** The transports that may be used. Default: both. */
  transports?: Transport[];
  /** Reconnecting takes a random time up to `first`, doubled for each attempt up to `most`. Default: 1000 and 30000 ms. */
  retry?: { first?: number; most?: number };
  /** Time for a connection to open, in ms. Default: 8000. */
  openTimeout?: number;
  /** Time for a comment to be accepted, in ms, before its promise rejects. Default: 60000; at most 540000. */
  commentTimeout?: number;
  /** Time between pings on a visible page, in ms. A dead link is found within 4.5 s after one. Default: 5000. */
  pingInterval?: number;
  /** Gets each message that is sent or received, and each state; `true` for the console. */
  debug?: boolean | ((...words: unknown[]) => void);
}

export type Transport = "websocket" | "sockjs";

export interface Viewer {
  readonly stream: string;
  readonly user: string | undefined;
  readonly state: State;
  /** Why it is in this state, for people; empty if nothing went wrong. */
  readonly reason: string;
  /** The transport in use or being tried; null before the first attempt. */
  readonly transport: Transport | null;
  /** The address in use or being tried. */
  readonly url: string | null;
  /** The last offset seen; null before the first connection. */
  readonly position: number | null;
  /** The region that `position` belongs to. */
  readonly region: string | undefined;
  /** What the server said last; null as long as it did not. */
  readonly viewers: number | null;
  readonly live: boolean | null;
  readonly settings: Events["settings"] | null;
  /** Total reactions by kind. */
  readonly totals: Record<string, number>;
  /** How many comments wait for an answer. */
  readonly pending: number;

  /** Resolves once it watches: at once if it does. Rejects if it never will, disconnects, or does not within `commentTimeout`. */
  ready(): Promise<Events["watching"]>;

  /**
   * Posts a comment. Resolves once the server has stored it durably. Until then the client sends it again, with the
   * same id, after 5 s and after each lost connection, so that it appears once. Comments of one viewer keep their order.
   * Rejects with an `OvationError`. At most 16 comments can wait.
   */
  comment(text: string, id?: string): Promise<Accepted>;
  comment(text: string, options: CommentOptions): Promise<Accepted>;

  /** Reacts, `count` times at once. Calls within 200 ms become one message, of 50 at most. */
  react(kind: string, count?: number): void;

  /** A page of comments, oldest first: the newest, or those before an offset. `before` is null at the beginning. */
  history(options?: { limit?: number; before?: number | null }): Promise<{ comments: CommentEvent[]; before: number | null }>;

  /** Calls the server's HTTP API with the viewer's token. Rejects with an `OvationError` that has the `status`. */
  request(method: string, path: string, body?: object): Promise<any>;

  /** Deletes a comment: a moderator any, its author their own. */
  remove(comment: { id: string; user: string }): Promise<unknown>;
  /** Tells the moderators of a comment. */
  report(comment: { id: string; user: string }, reason?: string): Promise<unknown>;
  /** For moderators. `for` is a duration such as `10m`; `silent`: only the user still sees what they write. */
  ban(user: string, how?: { for?: string; purge?: boolean; silent?: boolean; reason?: string }): Promise<unknown>;
  unban(user: string): Promise<unknown>;
  bans(): Promise<any>;
  /** The comments that wait for approval. */
  held(): Promise<any>;
  /** `held`: the comment that the moderator read. Without it, another one of the same id may be meant. */
  decide(id: string, action: "approve" | "deny", held?: { user?: string; text?: string }): Promise<unknown>;
  configure(settings: {
    slow_mode?: string;
    read_only?: boolean;
    links?: boolean;
    max_text?: number;
    review?: boolean;
  }): Promise<any>;
  /** For hosts: sends an `event` to all viewers, with `retain` also to those who join within `ttl`. */
  announce(name: string, data: unknown, how?: { id?: string; retain?: boolean; ttl?: string }): Promise<{ id: string }>;
  /** Ends a retained event. */
  retract(name: string): Promise<unknown>;

  /** Calls `handler` for each event of that type. Returns a function that removes the handler. */
  on<T extends keyof Events>(type: T, handler: (event: Events[T]) => void): () => void;
  /** Calls `handler` for the next event of that type alone. */
  once<T extends keyof Events>(type: T, handler: (event: Events[T]) => void): () => void;
  /** Removes a handler, or all of that type. */
  off<T extends keyof Events>(type: T, handler?: (event: Events[T]) => void): void;

  /** Watches another stream on the same connection; settles as `ready()`. Comments without an answer are rejected. */
  move(stream: string, options?: Pick<WatchOptions, "since" | "region" | "at" | "last">): Promise<Events["watching"]>;

  /** Disconnects until `connect()`; comments wait. */
  disconnect(): void;
  /** Connects now, where it was: after `disconnect()`, while waiting, and after the server closed for good. */
  connect(): void;
  /** Closes the connection for good. Comments without an answer are rejected; nothing is emitted from then on. */
  close(): void;
}

export interface CommentOptions {
  /** 1-128 characters; a random one by default. */
  id?: string;
  /** The id of the comment that this one answers. */
  reply_to?: string;
  /** Anything of the application's own, at most 1 KiB of JSON. */
  meta?: object;
  /** Instead of the viewer's `commentTimeout`. */
  timeout?: number;
}

export interface Accepted {
  id: string;
  /** A moderator has to approve it first. */
  held?: true;
}

/**
 * `waiting`: reconnects by itself. `idle`: reconnects once the stream is needed again, or with the next comment or
 * reaction. `disconnected`: until `connect()`. `closed`: the server closed for good, or `close()` was called.
 */
export type State = "connecting" | "open" | "waiting" | "idle" | "disconnected" | "closed";

export interface Events {
  comment: CommentEvent;
  /** Something of the broadcaster's: a score, a poll. Retained ones also come after joining; with `data: null` one ends. */
  event: {
    stream: string;
    id: string;
    name: string;
    data: unknown;
    at: string;
    /** Of a retained one: when it ends, unless another one replaces it or it is removed. */
    ends?: string;
    offset: number;
  };
  /** Take the comment away. */
  deleted: { stream: string; id: string; user: string; offset: number };
  /** Take all comments of the user away. */
  purged: { stream: string; user: string; offset: number };
  settings: {
    stream: string;
    slow_mode_ms: number;
    read_only: boolean;
    links: boolean;
    max_text: number;
    review: boolean;
  };
  /** For moderators: a comment that waits for approval, one that was reported. */
  held: { stream: string; id: string; user: string; text: string; why: string; status?: "denied" };
  reported: { stream: string; id: string; user: string; reason: string; by: string };
  /** The reactions since the last event, and in total. */
  reactions: { stream: string; counts: Record<string, number>; totals: Record<string, number> };
  viewers: { stream: string; count: number };
  status: { stream: string; live: boolean };
  /** This viewer will not get the comments from offset `from` to `to`, both included. */
  gap: { from: number; to: number };
  state: {
    state: State;
    transport: Transport | null;
    url: string | null;
    /** How many attempts failed since the last stable connection. */
    attempt: number;
    /** For people; empty if nothing went wrong. */
    reason: string;
    /** The code with which the connection was closed. */
    code?: number;
    /** With `waiting`: when it connects again. */
    after_ms?: number;
  };
  /** Sent for each connection: the viewer gets every comment above `offset`. */
  watching: { stream: string; region: string; offset: number; viewers: number; heartbeat_ms: number };
  /** The server asked its viewers to reconnect; the client does so by itself. */
  reconnect: { after_ms: number; reason: "ttl" | "drain" | "shed" | "token" | (string & {}) };
  /** The server answered a ping. */
  pong: { type: "pong" };
  error: OvationError;
}

export interface CommentEvent {
  stream: string;
  id: string;
  user: string;
  text: string;
  /** ISO 8601. */
  at: string;
  offset: number;
  /** The id of the comment that this one answers. */
  reply_to?: string;
  meta?: Record<string, unknown>;
  profile?: { name?: string; avatar?: string; badges?: string[]; color?: string };
  /** The region that it was written in, if another. */
  region?: string;
}

export interface Problem {
  /**
   * For programs: the server's code, or `closed` (the server closed the connection for good), `left` (`close()` was
   * called), `moved`, `busy` (too many comments are waiting), `timeout`, `conflict` (another text waits under the id),
   * `invalid` (what can be checked is checked before it is sent), `token`, `blocked` (by the browser), `unsupported`,
   * `http`, `unavailable`.
   */
  code: string;
  /** For people. */
  detail?: string;
  field?: string;
  id?: string;
  retry_after_ms?: number;
  /** The close code, with `closed`. */
  close?: number;
  /** The HTTP status, for `request` and `history`. */
  status?: number;
}

export class OvationError extends Error implements Problem {
  constructor(problem: Problem);
  code: string;
  detail?: string;
  field?: string;
  id?: string;
  retry_after_ms?: number;
  close?: number;
  status?: number;
}
