// Dead letters: read, sent back, purged.
import { el, remove as removed } from "./plot.js";
import { call } from "./server.js";

const $ = (id) => document.getElementById(id);
const base = () => `/queue/dead-letters/${encodeURIComponent($("queue").value)}`;
let next = null;

/** Base64 to text, as far as it is text. */
function readable(payload) {
  const bytes = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0));
  // Control characters of the wire format are no text.
  return [...new TextDecoder().decode(bytes)].map((c) => (/[\p{Cc}\p{Cf}\ufffd]/u.test(c) ? "·" : c)).join("");
}

async function guarded(task) {
  $("letters").setAttribute("aria-busy", "true");
  try {
    await task();
  } catch (e) {
    $("letters-state").textContent = e.message;
  } finally {
    $("letters").removeAttribute("aria-busy");
  }
}

function row(letter) {
  const path = `${base()}/${encodeURIComponent(letter.id)}`;
  const remove = (method, where, done) =>
    guarded(async () => {
      await call(method, where);
      removed(item, $("queue"));
      $("letters-state").textContent = done;
    });
  const item = el(
    "li",
    {},
    el(
      "details",
      {},
      el("summary", {}, el("b", {}, letter.reason), ` ${letter.method ?? "unknown item"} of ${letter.key || "no key"}, ${letter.lane ?? "?"} ${letter.partition ?? ""}`),
      el("dl", {}, ...[["Item", letter.item_id], ["Attempts", letter.attempts], ["Died", letter.last_at], ["Service", letter.service]].flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value ?? "–")])),
      letter.payload ? el("pre", {}, readable(letter.payload)) : el("p", { class: "hint" }, `${letter.payload_bytes} bytes, too long to show here`),
      letter.stack ? el("pre", {}, letter.stack) : null,
    ),
    el("span", { class: "line" }, el("button", { type: "button", onclick: () => remove("POST", `${path}/send-back`, "It was sent back to its queue.") }, "Send back"), el("button", { type: "button", class: "danger", onclick: () => confirm("Purge this dead letter for good?") && remove("DELETE", path, "It was purged.") }, "Purge")),
  );
  return item;
}

async function load(after) {
  await guarded(async () => {
    const page = await call("GET", `/queue/dead-letters?queue=${encodeURIComponent($("queue").value)}&limit=20${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    if (!after) $("letter-rows").replaceChildren();
    $("letter-rows").append(...page.letters.map(row));
    next = page.next;
    $("letters-more").hidden = !next;
    $("letters-state").textContent = page.total === 0 ? "There are none." : `${page.total} in all, the oldest first.`;
  });
}

export function start() {
  $("letters-form").addEventListener("submit", (e) => {
    e.preventDefault();
    load();
  });
  $("letters-more").addEventListener("click", () => load(next));
  $("purge-all").addEventListener("click", () => {
    if (!confirm(`Purge all dead letters of ${$("queue").value} for good?`)) return;
    guarded(async () => {
      const { purged } = await call("DELETE", base());
      $("letter-rows").replaceChildren();
      $("letters-more").hidden = true;
      $("letters-state").textContent = `${purged} purged.`;
    });
  });
}

/** Shows the dead letters of a queue, as when its count is clicked. */
export function show(queue) {
  $("queue").value = queue;
  load();
  $("letters").scrollIntoView();
}
