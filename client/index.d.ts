/** Ovation's client. As a plain script it is the global `Ovation`. */
export as namespace Ovation;

/** Begins to watch a stream, and goes on until `close()`, whatever happens to the connection. */
export function watch(options: WatchOptions): Viewer;

export interface WatchOptions {
  /** 1-128 of `A-Z a-z 0-9 . _ : -`. */
  stream: string;
  /** 1-64 characters. */
  user: string;
  /** Where the node, or what stands before it, is reached. Default: where the script came from. */
  url?: string;
  /** Proves who the user is, where the server asks for it; a function is called at each connection. */
  token?: string | (() => string | Promise<string>);
  /** The last offset seen, to go on from there; `position` of an earlier viewer. */
  since?: number;
  /** Whose offset that is. */
  region?: string;
  /**
   * Whether the stream is still needed, asked when the server sends its viewers elsewhere. Default:
   * whether the page is visible.
   */
  needed?: () => boolean;
  /** Another WebSocket than the platform's, such as that of the package `ws`. */
  WebSocket?: unknown;
}

export interface Viewer {
  readonly stream: string;
  readonly user: string;
  readonly state: State;
  /** What it is connected by, or tries; null before the first try. */
  readonly transport: "websocket" | "sockjs" | null;
  /** The last offset seen; null before the first connection. */
  readonly position: number | null;

  /**
   * Says something. Resolves once it is durable. Until then it is sent again after each lost connection, with
   * the same id, so that it appears once; rejects with an `OvationError`.
   */
  comment(text: string, id?: string): Promise<{ id: string }>;

  /** Reacts, `count` times at once. Calls within 200 ms become one message, of 50 at most. */
  react(kind: string, count?: number): void;

  /** Calls `handler` for each event of that type. Returns a function that ends it. */
  on<T extends keyof Events>(type: T, handler: (event: Events[T]) => void): () => void;

  /** Ends the connection for good. Comments that nobody answered are rejected. */
  close(): void;
}

/**
 * `waiting`: comes back by itself. `idle`: comes back once the page is needed again. `closed`: does not come back.
 */
export type State = "connecting" | "open" | "waiting" | "idle" | "closed";

export interface Events {
  comment: CommentEvent;
  /** What was counted since the last, and in total. */
  reactions: { stream: string; counts: Record<string, number>; totals: Record<string, number> };
  viewers: { stream: string; count: number };
  status: { stream: string; live: boolean };
  /** Comments in `from..to`, both included, are lost to this viewer. */
  gap: { from: number; to: number };
  state: { state: State; transport: "websocket" | "sockjs" | null; after_ms?: number };
  /** Each time it is connected: it gets everything above `offset`. */
  watching: { stream: string; region: string; offset: number; viewers: number; heartbeat_ms: number };
  /** The server asks to connect anew; this is done. */
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
   * For programs: the server's code, or `closed` (the server ended it for good), `left` (closed here), `busy` (too much
   * waits), `timeout` (not sent within 9 minutes), `token`.
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
