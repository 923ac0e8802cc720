import { watch } from "./ovation.mjs";
import { commentList } from "./comments.js";
import { reactionBar } from "./reactions.js";
import { sender } from "./sending.js";
import { claims, tools } from "./tools.js";
import { STATES, ending, refusal, rules } from "./words.js";

const TEXT_MOST = 500;
const USER_MOST = 64;
const COUNT_FROM = 100;
const LAST = 50;
const SHORT_WAIT_MS = 2000;

const el = (id) => document.getElementById(id);
const text = el("text");

let live = null;
let me = "";
let token = "";
let parent = null;
let countdown = 0;
const reactions = reactionBar((kind) => live?.react(kind));
const tool = tools({ viewer: () => live, me: () => me, reply: replyTo, say: notice });
const comments = commentList({ isMine: (user) => user === me, act: tool.act });
const own = sender({ comments, storage: { read: stored, write: store }, write: focusText });

/* Lengths are in code points, as the server counts them. */
const length = (string) => [...string].length;

/* Joining and leaving */

function join(stream, user) {
  me = user;
  remember(stream, user);
  el("join").hidden = true;
  el("room").hidden = false;
  el("title").textContent = stream;
  el("tagline").hidden = true;
  document.title = `${stream} · Ovation`;
  tool.offer(claims(token).role);
  live = watch({ url: new URL(".", import.meta.url).href, stream, user, token: token || undefined, last: LAST });
  live.on("state", showState);
  live.on("watching", () => notice(""));
  live.on("comment", comment);
  live.on("deleted", ({ user, id }) => comments.remove(user, id));
  live.on("purged", ({ user }) => comments.purge(user));
  live.on("event", announcement);
  live.on("settings", (settings) => showRules(settings));
  live.on("held", tool.hold);
  live.on("reported", tool.reported);
  live.on("viewers", ({ count }) => viewers(count));
  live.on("reactions", reactions.show);
  live.on("status", onAir);
  live.on("gap", () => comments.marker("Some comments were missed here."));
  live.on("error", fault);
  text.value = stored(`draft.${stream}`);
  own.begin(live, stream);
  measure();
  focusText();
}

function leave() {
  live?.close();
  live = null;
  own.end();
  comments.clear();
  reactions.clear();
  tool.clear();
  notice("");
  showRules();
  replyTo(null);
  announcement({ name: "announcement" });
  onAir({ live: null });
  for (const id of ["room", "viewers"]) el(id).hidden = true;
  for (const id of ["join", "tagline"]) el(id).hidden = false;
  el("title").textContent = "Be part of the moment";
  document.title = "Ovation";
  history.replaceState(null, "", location.pathname);
  showState({ state: "left" });
  el("stream").select();
}

function remember(stream, user) {
  const url = new URL(location.href);
  url.searchParams.set("stream", stream);
  url.searchParams.delete("user");
  history.replaceState(null, "", url);
  store("user", user, "local");
}

/* The page works without storage. */
function store(name, value, kind = "session") {
  try {
    globalThis[`${kind}Storage`].setItem(`ovation.${name}`, value);
  } catch {
    /* Not remembered, then. */
  }
}

function stored(name, kind = "session") {
  try {
    return globalThis[`${kind}Storage`].getItem(`ovation.${name}`) ?? "";
  } catch {
    return "";
  }
}

/* Messages from the server */

function showState({ state, transport, after_ms: ms }) {
  clearInterval(countdown);
  el("state").dataset.state = state;
  el("state").title = transport === "sockjs" ? "WebSocket is not available here; connected by SockJS" : "";
  el("state-text").textContent = STATES[state];
  el("empty-text").textContent = state === "open" ? "No comments yet. Write the first one." : "Comments appear here once you are connected.";
  const over = state === "closed";
  if (over) keepFocus(el("reactions"), text);
  el("reactions").inert = over;
  const long = state === "waiting" && ms > SHORT_WAIT_MS;
  const now = long || state === "idle";
  if (!now) keepFocus(el("now"), el("feed"));
  el("now").hidden = !now;
  if (long) countDown(performance.now() + ms);
  measure();
}

/* Seconds are shown, but a screen reader does not announce each one. */
function countDown(end) {
  const show = () => {
    const seconds = Math.max(1, Math.ceil((end - performance.now()) / 1000));
    el("state-text").textContent = `Back in ${seconds} s…`;
  };
  show();
  countdown = setInterval(show, 1000);
}

function onAir({ live }) {
  el("live").hidden = live === null;
  el("live").textContent = live ? "Live" : "Off air";
  el("live").classList.toggle("dark", !live);
  el("stage").dataset.live = String(live);
}

function fault(problem) {
  const over = live.state === "closed";
  notice(over ? ending(problem) : refusal(problem));
  el("again").hidden = !over;
}

/* Who sees the page is one of them, also before they were counted. */
function viewers(counted) {
  const count = Math.max(1, counted);
  const words = new Intl.NumberFormat("en").format(count);
  el("viewers").textContent = count === 1 ? "1 viewer" : `${words} viewers`;
  el("viewers").hidden = false;
}

function notice(words) {
  el("notice-text").textContent = words;
  el("notice").hidden = !words;
  keepFocus(el("again"), text);
  el("again").hidden = true;
}

/* A retained event of this name is pinned above the comments; one without a text takes it away. */
function announcement({ name, data }) {
  if (name !== "announcement") return;
  const words = typeof data?.text === "string" ? data.text : "";
  el("pinned-text").textContent = words;
  el("pinned").hidden = !words;
}

function showRules(settings = {}) {
  el("rules").textContent = rules(settings);
  text.readOnly = settings.read_only === true && el("moderate-open").hidden;
  measure();
}

function comment(message) {
  const { id, user } = message;
  if (user === me) own.appeared(id);
  tool.approved(id, user);
  comments.comment(message);
}

/* Writing a comment */

function say() {
  const words = text.value.trim();
  if (!live || el("send").disabled) return;
  own.send(words, parent?.id);
  replyTo(null);
  text.value = "";
  draft();
  focusText();
}

function draft() {
  measure();
  store(`draft.${live?.stream}`, text.value);
}

/* Words that could not be sent in time come back, unless others are there. */
function focusText(words) {
  if (words && !text.value) text.value = words;
  text.focus({ preventScroll: true });
}

/* What is hidden or disabled does not take the focus with it. */
function keepFocus(node, next) {
  if (node.contains(document.activeElement)) next.focus({ preventScroll: true });
}

function replyTo(message) {
  parent = message;
  el("replying").hidden = !message;
  el("replying-text").textContent = message ? `Reply to ${message.user}: ${message.text}` : "";
  if (message) focusText();
}

function measure() {
  const most = live?.settings?.max_text ?? TEXT_MOST;
  const used = length(text.value.trim());
  const left = most - used;
  const cannot = used === 0 || left < 0 || text.readOnly || live?.state === "closed";
  if (cannot) keepFocus(el("send"), text);
  el("send").disabled = cannot;
  el("count").textContent = left > COUNT_FROM ? "" : left < 0 ? `${-left} characters too many` : `${left} characters left`;
  el("count").classList.toggle("over", left < 0);
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
}

/* With a phone's keyboard up there is little room: what matters stays in sight. */
function fit() {
  const height = globalThis.visualViewport?.height ?? innerHeight;
  const { style, classList } = document.documentElement;
  style.setProperty("--height", `${Math.round(height)}px`);
  classList.toggle("low", height < 520);
  classList.toggle("lowest", height < 300);
  if (document.activeElement === text) scrollTo(0, 0);
}

/* Wiring */

el("join").addEventListener("submit", (event) => {
  event.preventDefault();
  const user = el("user").value.trim().normalize();
  const fault = !user ? "Enter your name." : length(user) > USER_MOST ? `That name is too long: ${USER_MOST} characters at most.` : "";
  el("join-error").textContent = fault;
  if (fault) el("user").focus();
  else join(el("stream").value, user);
});
el("say").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
/* The focus, and with it a phone's keyboard, stays where one writes. */
el("send").addEventListener("mousedown", (event) => event.preventDefault());
text.addEventListener("input", draft);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say();
  } else if (event.key === "Escape") replyTo(null);
});
el("replying-cancel").addEventListener("click", () => {
  replyTo(null);
  focusText();
});
el("leave").addEventListener("click", leave);
el("now").addEventListener("click", () => live?.connect());
el("again").addEventListener("click", () => {
  notice("");
  live.connect();
  focusText();
});
(globalThis.visualViewport ?? globalThis).addEventListener("resize", fit);
fit();

/* `#token=…` signs in; it does not stay in the address, where it would be shared. */
const query = new URLSearchParams(location.search);
const hash = new URLSearchParams(location.hash.slice(1));
if (hash.has("token")) {
  store("token", hash.get("token"));
  history.replaceState(null, "", location.pathname + location.search);
}
token = stored("token");
if (hash.get("token") === "") token = "";
const signedIn = claims(token).sub;
el("stream").value = query.get("stream") ?? "";
el("user").value = signedIn ?? query.get("user") ?? stored("user", "local");
el("user").readOnly = signedIn !== undefined;
if (query.has("stream") && (query.has("user") || hash.has("token"))) el("join").requestSubmit();
