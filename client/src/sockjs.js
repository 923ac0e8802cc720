/* SockJS, which most viewers never need, comes from the node when WebSocket does not work. */
import { within } from "./limits.js";
import { page, script } from "./page.js";

export const FALLBACKS = ["xhr-streaming", "eventsource", "xhr-polling"];
const LOAD_MS = 8000;

const nonce = script?.nonce;
let loading = null;

export function sockJs(url) {
  const { SockJS } = globalThis;
  if (SockJS) return Promise.resolve(SockJS);
  loading ??= within(LOAD_MS, () => load(`${url}/webjars/sockjs.min.js`));
  loading.catch(() => (loading = null));
  return loading;
}

const load = (src) =>
  new Promise((done, failed) => {
    const tag = page.createElement("script");
    const other = page.querySelector("script[nonce]");
    tag.crossOrigin = "anonymous"; /* A page with COEP takes nothing else. */
    if (nonce || other) tag.nonce = nonce || other.nonce;
    tag.onload = () => (globalThis.SockJS ? done(globalThis.SockJS) : failed(new Error("no SockJS")));
    tag.onerror = () => failed(new Error("the server or the page's Content-Security-Policy refuses it"));
    tag.src = trusted(src);
    page.head.append(tag);
  });

let policy = null;

/* A page with Trusted Types allows the policy by its name, `trusted-types ovation`, and once only. */
function trusted(src) {
  const { trustedTypes } = globalThis;
  if (!trustedTypes) return src;
  policy ??= trustedTypes.createPolicy("ovation", { createScriptURL: (s) => s });
  return policy.createScriptURL(src);
}
