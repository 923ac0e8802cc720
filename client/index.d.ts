/** Ovation's client. As a plain script it is the global `Ovation`. */
export as namespace Ovation;

/** Watches a stream until `close()`, reconnecting whenever the connection is lost. */
export function watch(options: WatchOptions): Viewer;

export interface WatchOptions {
  /** 1-128 of `A-Z a-z 0-9 . _ : -`. */
  stream: string;
  /** 1-64 characters. */
  user: string;
  /** Address of the server or of the proxy in front of it. Default: where the script came from. */
  url?: string;
  /** Proof of who the user is, for servers that require one; a function is called for each connection. */
  token?: string | (() => string | Promise<string>);
  /** The last offset seen, to resume from there: the `position` of an earlier viewer. */
  since?: number;
  /** The region that the offset `since` belongs to. */
  region?: string;
  /**
   * Returns whether the stream is still needed; called when the server asks its viewers to reconnect. Default:
   * whether the page is visible.
   */
  needed?: () => boolean;
  /** A WebSocket class to use instead of the platform's, such as that of the package `ws`. */
  WebSocket?: unknown;
}

export interface Viewer {
  readonly stream: string;
  readonly user: string;
  readonly state: State;
  /** The transport in use or being tried; null before the first attempt. */
  readonly transport: "websocket" | "sockjs" | null;
  /** The last offset seen; null before the first connection. */
  readonly position: number | null;

  /**
   * Posts a comment. Resolves once the server has stored it durably. Until then the client sends it again, with the
   * same id, after each lost connection, so that it appears once. Rejects with an `OvationError`.
   */
  comment(text: string, id?: string): Promise<{ id: string }>;

  /** Reacts, `count` times at once. Calls within 200 ms become one message, of 50 at most. */
  react(kind: string, count?: number): void;

  /** Calls `handler` for each event of that type. Returns a function that removes the handler. */
  on<T extends keyof Events>(type: T, handler: (event: Events[T]) => void): () => void;

  /** Closes the connection for good. Comments without an answer are rejected. */
  close(): void;
}

/**
 * `waiting`: reconnects by itself. `idle`: reconnects once the stream is needed again. `closed`: does not reconnect.
 */
export type State = "connecting" | "open" | "waiting" | "idle" | "closed";

export interface Events {
  comment: CommentEvent;
  /** The reactions since the last event, and in total. */
  reactions: { stream: string; counts: Record<string, number>; totals: Record<string, number> };
  viewers: { stream: string; count: number };
  status: { stream: string; live: boolean };
  /** This viewer will not get the comments from offset `from` to `to`, both included. */
  gap: { from: number; to: number };
  state: { state: State; transport: "websocket" | "sockjs" | null; after_ms?: number };
  /** Sent for each connection: the viewer gets every comment above `offset`. */
  watching: { stream: string; region: string; offset: number; viewers: number; heartbeat_ms: number };
  /** The server asked its viewers to reconnect; the client does so by itself. */
  reconnect: { after_ms: number; reason: string };
  error: Problem;
}

export interface CommentEvent {
  stream: string;
  id: string;
  user: string;
  text: string;
  /** ISO 8601. */
  at: string;
  offset: number;
}

export interface Problem {
  /**
   * For programs: the server's code, or `closed` (the server closed the connection for good), `left` (`close()` was
   * called), `busy` (too many comments are waiting), `timeout` (not sent within 9 minutes), `token`.
   */
  code: string;
  /** For people. */
  detail?: string;
  field?: string;
  id?: string;
  retry_after_ms?: number;
  /** The close code, with `closed`. */
  close?: number;
}

export class OvationError extends Error implements Problem {
  code: string;
  detail?: string;
  field?: string;
  id?: string;
  retry_after_ms?: number;
  close?: number;
}
