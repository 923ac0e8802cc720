import type { CommentEvent, OvationError, State, Viewer, WatchOptions } from "./index.js";

/** Watches a stream while the component is mounted; renders at most once per frame. */
export function useOvation(
  options: WatchOptions,
  bounds?: {
    /** The most comments that are kept. Default: 200. */
    most?: number;
  },
): {
  comments: CommentEvent[];
  viewers: number | null;
  live: boolean | null;
  totals: Record<string, number>;
  settings: Viewer["settings"];
  state: State;
  error: OvationError | null;
  /** Null until the component is mounted. */
  viewer: Viewer | null;
};
