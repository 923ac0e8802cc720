/* One viewer's connection: watches a stream, comes back by itself, and sends what was said until it is durable. */

const RETRY_MS = { first: 1000, most: 30000 };
/* Ids are remembered for 10 minutes; within that a repeated comment appears once at most. */
const RESEND_MS = 9 * 60 * 1000;
const OUTBOX_MOST = 20;

/**
 * @param on.state      ("connecting" | "open" | "waiting", seconds until the next try)
 * @param on.message    (a message of the server's)
 * @param on.sent       (id, "accepted" | "failed", why)
 * @returns {{say(text): string | null, close(): void}}
 */
export function watch(stream, user, on) {
  let socket = null;
  let position = null;
  let attempts = 0;
  let retry = 0;
  let beat = 0;
  let heard = 0;
  let watching = false;
  let closed = false;
  const outbox = new Map();

  function connect() {
    clearTimeout(retry);
    on.state("connecting");
    const mine = (socket = new SockJS("/live"));
    mine.onopen = () => {
      heard = Date.now();
      const hello = { type: "watch", stream, user };
      if (position !== null) hello.since = position;
      send(hello);
      startBeat(25000);
    };
    mine.onmessage = (event) => mine === socket && receive(event.data);
    mine.onclose = () => mine === socket && again(jitter());
  }

  function receive(data) {
    heard = Date.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    follow(message);
    on.message(message);
  }

  function follow(message) {
    switch (message.type) {
      case "watching":
        attempts = 0;
        watching = true;
        if (position === null) position = message.offset;
        startBeat(message.heartbeat_ms);
        on.state("open");
        for (const [id, said] of outbox) deliver(id, said);
        break;
      case "comment":
        position = Math.max(position, message.offset);
        break;
      case "gap":
        position = Math.max(position, message.to);
        break;
      case "accepted":
        settle(message.id, "accepted");
        break;
      case "error":
        if (message.id && outbox.has(message.id)) refused(message);
        else if (message.code === "unavailable" && !watching) again(message.retry_after_ms + jitter());
        break;
      case "reconnect":
        again(message.after_ms);
        break;
    }
  }

  /* Busy and unavailable pass: the same comment again, a little later, with the same id. */
  function refused({ id, code, detail }) {
    const said = outbox.get(id);
    const passing = code === "busy" || code === "unavailable";
    if (!passing || Date.now() - said.at > RESEND_MS) {
      settle(id, "failed", detail);
    } else {
      setTimeout(() => watching && outbox.has(id) && deliver(id, said), 1000 + Math.random() * 4000);
    }
  }

  function deliver(id, said) {
    if (Date.now() - said.at > RESEND_MS) settle(id, "failed", "It could not be sent in time.");
    else send({ type: "comment", id, text: said.text });
  }

  function settle(id, outcome, why) {
    if (outbox.delete(id)) on.sent(id, outcome, why);
  }

  function send(message) {
    if (socket && socket.readyState === SockJS.OPEN) socket.send(JSON.stringify(message));
  }

  function startBeat(ms) {
    clearInterval(beat);
    beat = setInterval(() => {
      if (Date.now() - heard > 2 * ms) again(jitter());
      else send({ type: "ping" });
    }, ms);
  }

  /* Full jitter: everyone who lost the same node comes back at a time of their own. */
  function jitter() {
    return Math.random() * Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** attempts++);
  }

  function again(ms) {
    drop();
    if (closed) return;
    on.state("waiting", Math.ceil(ms / 1000));
    retry = setTimeout(connect, ms);
  }

  function drop() {
    clearInterval(beat);
    clearTimeout(retry);
    watching = false;
    const old = socket;
    socket = null;
    if (old) old.close();
  }

  const online = () => !closed && !socket && connect();
  addEventListener("online", online);
  connect();

  return {
    /** Takes a comment and sees to it that it is sent; null when too many wait already. */
    say(text) {
      if (outbox.size >= OUTBOX_MOST) return null;
      const id = randomId();
      const said = { text, at: Date.now() };
      outbox.set(id, said);
      if (watching) deliver(id, said);
      return id;
    },
    close() {
      closed = true;
      removeEventListener("online", online);
      drop();
    },
  };
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
