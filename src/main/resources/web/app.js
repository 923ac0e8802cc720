import { watch } from "./ovation.mjs";
import { reactionBar } from "./reactions.js";

const COMMENTS_MOST = 200;
const TEXT_MOST = 500;
const USER_MOST = 64;
const COUNT_FROM = 400;
const NEAR_END_PX = 80;

const el = (id) => document.getElementById(id);
const feed = el("feed");
const list = el("comments");
const text = el("text");

let live = null;
let me = "";
let unseen = 0;
let said = 0;
let countdown = 0;
const waiting = new Map();
const reactions = reactionBar((kind) => live?.react(kind));

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
  live = watch({ url: new URL(".", import.meta.url).href, stream, user });
  live.on("state", showState);
  live.on("watching", () => notice(""));
  live.on("comment", comment);
  live.on("viewers", ({ count }) => viewers(count));
  live.on("reactions", reactions.show);
  live.on("status", onAir);
  live.on("gap", () => append(marker("Some comments were missed here.")));
  live.on("error", fault);
  text.focus({ preventScroll: true });
}

function leave() {
  live?.close();
  live = null;
  waiting.clear();
  list.replaceChildren();
  reactions.clear();
  unseen = 0;
  showNewer();
  notice("");
  onAir({ live: null });
  for (const id of ["room", "viewers"]) el(id).hidden = true;
  for (const id of ["join", "empty", "tagline"]) el(id).hidden = false;
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
  try {
    localStorage.setItem("ovation.user", user);
  } catch {
    /* The page works without local storage. */
  }
}

function remembered() {
  try {
    return localStorage.getItem("ovation.user") ?? "";
  } catch {
    return "";
  }
}

/* Messages from the server */

function showState({ state, transport, after_ms: ms }) {
  clearInterval(countdown);
  const words = {
    left: "Not connected",
    connecting: "Connecting…",
    open: "Connected",
    waiting: "Reconnecting…",
    idle: "Paused while you are away",
    closed: "Disconnected",
  };
  el("state").dataset.state = state;
  el("state").title = transport === "sockjs" ? "WebSocket is not available here; connected by SockJS" : "";
  el("state-text").textContent = words[state];
  el("say-fields").disabled = el("reactions").inert = state === "closed";
  if (state === "waiting" && ms > 2000) countDown(Date.now() + ms);
}

/* Seconds are shown, but a screen reader does not announce each one. */
function countDown(end) {
  const show = () => {
    const seconds = Math.max(1, Math.ceil((end - Date.now()) / 1000));
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

function fault({ code, detail, field }) {
  if (field === "kind") notice("This server does not offer that reaction.");
  else notice(detail ? `${detail[0].toUpperCase()}${detail.slice(1)}.` : code);
  el("again").hidden = live.state !== "closed";
}

function viewers(count) {
  if (typeof count !== "number") return;
  const words = new Intl.NumberFormat("en").format(count);
  el("viewers").textContent = count === 1 ? "1 viewer" : `${words} viewers`;
  el("viewers").hidden = false;
}

function notice(words) {
  el("notice-text").textContent = words;
  el("notice").hidden = !words;
  el("again").hidden = true;
}

/* Comments */

function comment({ id, user, text: said, at }) {
  const mine = waiting.get(id);
  if (mine && user === me) {
    waiting.delete(id);
    mine.remove();
  }
  append(entry(user, said, at ? new Date(at) : new Date()));
}

function entry(user, said, at) {
  const item = document.createElement("li");
  item.className = user === me ? "comment mine" : "comment";
  item.style.setProperty("--hue", hue(user));
  const face = part("span", "face", [...user][0].toUpperCase());
  face.setAttribute("aria-hidden", "true");
  const time = part("time", "time", at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at.toISOString();
  const who = part("p", "who", "");
  const name = part("b", "name", user);
  name.dir = "auto";
  who.append(name, time);
  const words = part("p", "words", said);
  words.dir = "auto";
  const bubble = part("div", "bubble", "");
  bubble.append(who, words);
  item.append(face, bubble);
  return item;
}

function marker(words) {
  return part("li", "marker", words);
}

function part(tag, name, content) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = content;
  return node;
}

function hue(name) {
  let hash = 7;
  for (const c of name) hash = (hash * 31 + c.codePointAt(0)) % 360;
  return hash;
}

function append(item) {
  const follow = nearEnd() || item.classList.contains("mine");
  el("empty").hidden = true;
  list.append(item);
  while (list.childElementCount > COMMENTS_MOST) list.firstElementChild.remove();
  if (follow) toEnd();
  else unseen++;
  showNewer();
}

const nearEnd = () => feed.scrollHeight - feed.scrollTop - feed.clientHeight < NEAR_END_PX;

function toEnd() {
  feed.scrollTop = feed.scrollHeight;
  unseen = 0;
}

function showNewer() {
  el("newer").textContent = unseen === 1 ? "1 new comment" : `${unseen} new comments`;
  el("newer").hidden = unseen === 0;
}

/* Sending a comment */

function say() {
  const words = text.value.trim();
  if (!live || !words || length(words) > TEXT_MOST) return;
  const id = `${live.user.length}-${Date.now().toString(36)}-${said++}-${Math.random().toString(36).slice(2)}`;
  const item = entry(me, words, new Date());
  item.classList.add("waiting");
  waiting.set(id, item);
  append(item);
  live.comment(words, id).then(
    () => item.classList.remove("waiting"),
    (e) => refused(id, e),
  );
  text.value = "";
  measure();
}

function refused(id, { code, message }) {
  const item = waiting.get(id);
  if (!waiting.delete(id)) return;
  item.classList.remove("waiting");
  item.classList.add("failed");
  const why = code === "busy" ? "Too many comments are waiting to be sent. Try again in a moment." : message;
  item.querySelector(".bubble").append(part("p", "why", why || "Your comment was not sent."));
}

function measure() {
  const used = length(text.value.trim());
  el("send").disabled = used === 0 || used > TEXT_MOST;
  el("count").textContent = used >= COUNT_FROM ? `${TEXT_MOST - used}` : "";
  el("count").classList.toggle("over", used > TEXT_MOST);
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
}

/* Wiring */

el("join").addEventListener("submit", (event) => {
  event.preventDefault();
  const user = el("user").value.trim();
  const fault = !user ? "Enter your name." : length(user) > USER_MOST ? "That name is too long." : "";
  el("join-error").textContent = fault;
  if (!fault) join(el("stream").value, user);
});
el("say").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
text.addEventListener("input", measure);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say();
  }
});
feed.addEventListener("scroll", () => {
  if (unseen && nearEnd()) toEnd();
  showNewer();
});
el("newer").addEventListener("click", () => {
  toEnd();
  showNewer();
});
el("leave").addEventListener("click", leave);
el("again").addEventListener("click", () => {
  const { stream, user } = live;
  live.close();
  notice("");
  join(stream, user);
});
addEventListener("resize", () => nearEnd() && toEnd());

const query = new URLSearchParams(location.search);
el("stream").value = query.get("stream") ?? "";
el("user").value = query.get("user") ?? remembered();
if (query.has("stream") && query.has("user")) el("join").requestSubmit();
