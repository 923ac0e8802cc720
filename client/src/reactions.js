/* Reactions are collected for a moment, so that quick clicks cost few messages. */
import { bounded } from "./limits.js";
import { check } from "./problem.js";

const GATHER_MS = 200;
const MOST = 50;
const KINDS_MOST = 32;

/** @param send sends a message if the viewer is connected; returns whether it is */
export function reactions(send) {
  const counts = new Map();
  let timer = 0;

  function flush() {
    clearTimeout(timer);
    timer = 0;
    for (const [kind, count] of counts) {
      if (!send({ type: "reaction", kind, count })) return;
      counts.delete(kind);
    }
  }

  return {
    flush,
    add(kind, count) {
      check("kind", kind, 64);
      if (counts.size >= KINDS_MOST && !counts.has(kind)) return;
      counts.set(kind, Math.min(MOST, (counts.get(kind) || 0) + Math.floor(bounded(count, 1, MOST, 1))));
      timer ||= setTimeout(flush, GATHER_MS);
    },
    clear() {
      clearTimeout(timer);
      timer = 0;
      counts.clear();
    },
  };
}
