import { watch } from "./live.js";

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
const waiting = new Map();

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
  live = watch(stream, user, { state: showState, message: show, sent: settle });
  text.focus({ preventScroll: true });
}

function leave() {
  live?.close();
  live = null;
  waiting.clear();
  list.replaceChildren();
  unseen = 0;
  showNewer();
  notice("");
  for (const id of ["room", "live", "viewers"]) el(id).hidden = true;
  for (const id of ["join", "empty", "tagline"]) el(id).hidden = false;
  el("title").textContent = "Be part of the moment";
  document.title = "Ovation";
  history.replaceState(null, "", location.pathname);
  showState("idle");
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
    /* The page works without a memory. */
  }
}

function remembered() {
  try {
    return localStorage.getItem("ovation.user") ?? "";
  } catch {
    return "";
  }
}

/* What the server says */

function show(message) {
  switch (message.type) {
    case "watching":
      viewers(message.viewers);
      notice("");
      break;
    case "comment":
      comment(message);
      break;
    case "viewers":
      viewers(message.count);
      break;
    case "status":
      el("live").hidden = message.live !== true;
      break;
    case "gap":
      append(marker("Some comments were missed here."));
      break;
    case "error":
      if (!message.id) notice(message.detail ?? message.code);
      break;
  }
}

function showState(state, seconds) {
  const words = {
    idle: "Not connected",
    connecting: "Connecting…",
    open: "Connected",
    waiting: seconds > 1 ? `Back in ${seconds} s…` : "Reconnecting…",
  };
  el("state").dataset.state = state;
  el("state-text").textContent = words[state];
}

function viewers(count) {
  if (typeof count !== "number") return;
  const words = new Intl.NumberFormat("en").format(count);
  el("viewers").textContent = count === 1 ? "1 viewer" : `${words} viewers`;
  el("viewers").hidden = false;
}

function notice(words) {
  el("notice").textContent = words;
  el("notice").hidden = !words;
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

/* Saying something */

function say() {
  const said = text.value.trim();
  if (!live || !said || length(said) > TEXT_MOST) return;
  const id = live.say(said);
  if (!id) {
    notice("Too much is waiting to be sent. It will go out once you are connected.");
    return;
  }
  const item = entry(me, said, new Date());
  item.classList.add("waiting");
  waiting.set(id, item);
  append(item);
  text.value = "";
  measure();
}

function settle(id, outcome, why) {
  const item = waiting.get(id);
  if (!item) return;
  item.classList.remove("waiting");
  if (outcome === "failed") {
    waiting.delete(id);
    item.classList.add("failed");
    item.querySelector(".bubble").append(part("p", "why", why || "It was not sent."));
  }
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
  const fault = !user ? "Say who you are." : length(user) > USER_MOST ? "That name is too long." : "";
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
addEventListener("resize", () => nearEnd() && toEnd());

const query = new URLSearchParams(location.search);
el("stream").value = query.get("stream") ?? "";
el("user").value = query.get("user") ?? remembered();
if (query.has("stream") && query.has("user")) el("join").requestSubmit();
