/* What was shown: the position to resume from, and the ids of the last 10 minutes. */
import { now } from "./limits.js";

/* The server remembers ids for this time. */
const REMEMBERED_MS = 600000;
const REMEMBERED_MOST = 100000;
const DAY_US = 864e8;
/* The year 2096. Not this device's clock: it may stand in 1970, and the stream may have been silent for days. */
const LAST_US = 4e15;

export function positionFrom(since) {
  let position = Number.isSafeInteger(since) ? since : null;
  /* Up to this offset all was shown; below `position` while a backlog comes. */
  let seenTo = -Infinity;
  const shownAt = new Map();

  return {
    get offset() { return position; },

    forget() {
      position = null;
    },

    /** A connection begins at this offset; what comes below it is a backlog, or another region's of what was shown. */
    begin(offset, backlog) {
      if (Number.isSafeInteger(offset)) position = offset;
      seenTo = backlog ? -1 : position;
    },

    /** Whether the offset is new. One that cannot be, far in the future, does not move the position. */
    advance(offset) {
      if (offset <= seenTo) return false;
      if (Number.isSafeInteger(offset) && offset <= Math.max(LAST_US, position + DAY_US)) {
        seenTo = offset;
        position = Math.max(position, offset);
      }
      return true;
    },

    /**
     * Whether it was shown before: a node's death, or another region, may give a comment a second offset. Offsets count
     * microseconds, but for a stream that is ahead of its server's clock; so an id is new again if either its offset or
     * the time says so.
     */
    shown({ type, user, id, offset }) {
      const key = `${type} ${user}\n${id}`;
      const before = shownAt.get(key);
      const time = now();
      shownAt.delete(key);
      shownAt.set(key, [offset, time]);
      for (const [oldest, [, then]] of shownAt) {
        if (shownAt.size <= REMEMBERED_MOST && time - then < REMEMBERED_MS) break;
        shownAt.delete(oldest);
      }
      return before && !(offset - before[0] >= REMEMBERED_MS * 1000) && time - before[1] < REMEMBERED_MS;
    },
  };
}
