// One stream: its bans, its held comments, a test comment.
import { el, remove } from "./plot.js";
import { call } from "./server.js";

const $ = (id) => document.getElementById(id);
const say = (text) => ($("stream-state").textContent = text);
const stream = () => $("name").value.trim();
const base = () => (stream() ? `/admin/streams/${encodeURIComponent(stream())}` : "/admin");

async function attempt(task) {
  try {
    await task();
  } catch (e) {
    say(e.message);
  }
}

const empty = (text) => el("li", { class: "hint" }, text);

function gone(item) {
  const list = item.parentElement;
  remove(item, $("name"));
  if (!list.children.length) list.append(empty("None."));
}

function ban({ user, by, reason, silent, seconds_left: left }) {
  const lift = () =>
    attempt(async () => {
      await call("DELETE", `${base()}/bans/${encodeURIComponent(user)}`);
      say("The ban was lifted.");
      gone(item);
    });
  const why = [left === null ? "for good" : `${left} s left`, silent && "silent", by && `by ${by}`, reason].filter(Boolean).join(", ");
  const item = el("li", {}, el("span", {}, el("b", { dir: "auto" }, user), ` ${why}`), el("button", { type: "button", onclick: lift }, "Lift"));
  return item;
}

function held({ id, user, text, why }) {
  const decide = (action) => () =>
    attempt(async () => {
      await call("POST", `${base()}/held/${encodeURIComponent(id)}`, { action, user, text });
      say(action === "approve" ? "It was approved." : "It was denied.");
      gone(item);
    });
  const item = el("li", {}, el("span", {}, el("b", { dir: "auto" }, user), " ", el("span", { dir: "auto" }, text), el("small", {}, ` ${why ?? ""}`)), el("span", { class: "line" }, el("button", { type: "button", onclick: decide("approve") }, "Approve"), el("button", { type: "button", class: "danger", onclick: decide("deny") }, "Deny")));
  return item;
}

async function load() {
  const { bans } = await call("GET", `${base()}/bans`);
  $("ban-rows").replaceChildren(...(bans.length ? bans.slice(0, 200).map(ban) : [empty("None.")]));
  const waiting = stream() ? (await call("GET", `${base()}/held`)).held : [];
  $("held-rows").replaceChildren(...(waiting.length ? waiting.slice(0, 200).map(held) : [empty(stream() ? "None." : "Name a stream.")]));
}

export function start() {
  $("stream-form").addEventListener("submit", (e) => {
    e.preventDefault();
    say("");
    attempt(load);
  });
  $("comment-form").addEventListener("submit", (e) => {
    e.preventDefault();
    attempt(async () => {
      if (!stream()) throw new Error("Name the stream first.");
      const begun = performance.now();
      const { id } = await call("POST", `${base()}/comments`, { text: $("text").value });
      say(`Accepted as ${id} in ${Math.round(performance.now() - begun)} ms; viewers see it as of "operator".`);
    });
  });
}

export function show(name) {
  $("name").value = name;
  say("");
  attempt(load);
  $("stream").scrollIntoView();
}
