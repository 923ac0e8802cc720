/* WebSocket; SockJS where WebSocket does not pass although the server can be reached. */
import { OvationError } from "./problem.js";
import { FALLBACKS, sockJs } from "./sockjs.js";

/* WebSocket attempts that fail before SockJS is tried. One that hangs counts as all of them. */
export const MISSES = 3;
/* Without WebSocket: when it is tried again, at first and at last. */
const RETURN_MS = { first: 60000, most: 600000 };
/* Addresses where WebSocket worked: a failure there is an outage. */
const works = new Set();

export function transports(options) {
  const { page } = options;
  const WebSocket = options.WebSocket || globalThis.WebSocket;
  const allowed = [].concat(options.transports || ["websocket", "sockjs"]);
  const socket = allowed.includes("websocket") && WebSocket;
  const fallback = allowed.includes("sockjs") && (page || options.SockJS);
  const socketUrl = (url) => `${url.replace(/^http/, "ws")}/live/websocket`;
  let misses = 0;
  let returnMs = RETURN_MS.first;

  return {
    choose() {
      if (socket && !(fallback && misses >= MISSES)) return "websocket";
      if (fallback) return "sockjs";
      const detail = `no "${allowed}" here: pass a WebSocket class, as that of ws`;
      throw new OvationError({ code: "unsupported", field: "WebSocket", detail });
    },

    /** Resolves with a connection that opens, or throws why there is none. */
    async make(transport, url) {
      if (transport === "websocket") return new WebSocket(socketUrl(url));
      const SockJS = options.SockJS || (await sockJs(url));
      return new SockJS(`${url}/live`, null, { transports: FALLBACKS });
    },

    worked(transport, url) {
      if (transport !== "websocket") return;
      misses = 0;
      works.add(url);
    },

    /** A server that cannot be reached, or refuses, says nothing about its transports. */
    failed(transport, url, weight) {
      if (works.has(url)) misses = 0;
      else if (fallback && globalThis.fetch) {
        fetch(`${url}/live/info?admission`).then(
          ({ ok, headers }) => {
            /* Where SockJS fails alone, each has its turn. */
            if (ok) misses = transport === "websocket" ? misses + weight : MISSES - 1;
            /* Whom the server refuses by its own bounds: most likely it was that, but perhaps not each time. */
            else if (headers.has("retry-after")) misses += weight / 8;
          },
          () => {},
        );
      }
    },

    /**
     * SockJS costs the server ten times as much: as soon as WebSocket carries an answer, `done` is called.
     *
     * @return a function that stops it
     */
    untilWebSocketWorks(url, done) {
      if (!socket) return () => {};
      let probe = null;
      let timer = setTimeout(attempt, returnMs);
      function attempt() {
        timer = setTimeout(attempt, (returnMs = Math.min(2 * returnMs, RETURN_MS.most)));
        stopProbe();
        try {
          probe = new WebSocket(socketUrl(url));
        } catch {
          return;
        }
        probe.onopen = () => probe.send('{"type":"ping"}');
        probe.onerror = () => {};
        probe.onmessage = () => {
          stop();
          misses = 0;
          done();
        };
      }
      function stopProbe() {
        if (!probe) return;
        probe.onopen = probe.onmessage = null;
        probe.close();
        probe = null;
      }
      function stop() {
        clearTimeout(timer);
        stopProbe();
      }
      return stop;
    },
  };
}
