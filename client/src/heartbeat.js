/* Finds a dead link: the server has to answer, for bytes that only arrive prove one way. */
import { now } from "./limits.js";
import { page } from "./page.js";

/* A dead link is found within the sum of both. */
const PING_MS = 5000;
const PONG_MS = 4500;

/**
 * @param send sends a message
 * @param dead called when an answer is overdue
 */
export function heartbeat(send, dead, pingMs = PING_MS) {
  let timer = 0;
  let pong = 0;
  let serverMs = 0;
  let answeredAt = 0;
  let sentAt = 0;

  function ping() {
    if (pong) return;
    const asked = now();
    send({ type: "ping" });
    pong = setTimeout(() => {
      pong = 0;
      if (answeredAt >= asked) return;
      /* A page that was frozen has not had a chance to read the answer. */
      if (now() - asked > 2 * PONG_MS) ping();
      else dead();
    }, PONG_MS);
  }

  function check() {
    const every = page?.hidden ? serverMs / 2 : Math.min(pingMs, serverMs / 2);
    if (now() >= Math.min(answeredAt + every, sentAt + serverMs)) ping();
    timer = setTimeout(check, Math.max(Math.min(answeredAt + every, sentAt + serverMs) - now(), 250));
  }

  return {
    ping,
    sent() {
      sentAt = now();
    },
    answered() {
      answeredAt = now();
    },
    start(ms) {
      clearTimeout(timer);
      serverMs = ms;
      answeredAt = now();
      check();
    },
    stop() {
      clearTimeout(timer);
      clearTimeout(pong);
      pong = 0;
    },
  };
}
