/* How long to wait before the next attempt. */
import { bounded, now } from "./limits.js";

/* Only a connection that lasted this long ends the backoff. */
const STABLE_MS = 20000;

/* What the application asks for, within bounds: no delay at all would be a storm. */
export function backoff(retry) {
  let { first, most } = retry || {};
  first = bounded(first, 10, 60000, 1000);
  most = bounded(most, first, 3600000, Math.max(first, 30000));
  let attempts = 0;
  let openedAt = 0;
  /* The server asked not to reconnect before this time. */
  let earliest = 0;

  return {
    first,
    get attempts() { return attempts; },
    get left() { return Math.max(earliest - now(), 0); },

    notFor(ms) {
      earliest = now() + ms;
    },

    opened() {
      openedAt = now();
    },

    closed() {
      if (openedAt && now() - openedAt >= STABLE_MS) attempts = 0;
      openedAt = 0;
    },

    soon: () => Math.random() * first,

    /** Full jitter: viewers who lost the same node reconnect at different times. */
    next: () => Math.random() * Math.min(most, first * 2 ** attempts++),
  };
}
