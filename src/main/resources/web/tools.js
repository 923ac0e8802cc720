/* What can be done with a comment, and what moderators do. */
import { part } from "./comments.js";
import { refusal } from "./words.js";

const el = (id) => document.getElementById(id);
const MODERATORS = ["moderator", "host", "admin"];
const HELD_MOST = 100;

/** What a token says about its user; the server checks it. */
export function claims(token) {
  try {
    const [, body] = token.split(".");
    const bytes = Uint8Array.from(atob(body.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

/**
 * @param viewer () the viewer
 * @param me () the user
 * @param reply (message) to answer a comment
 * @param say (words) tells the user how it went
 */
export function tools({ viewer, me, reply, say }) {
  let may = false;
  const held = new Map();

  const done = (promise, words) => promise.then(() => say(words), (problem) => say(refusal(problem)));

  function act(message) {
    const { user } = message;
    const actions = [["Reply", () => reply(message)]];
    if (user !== me()) actions.push(["Report", () => done(viewer().report(message, "reported on the page"), "Reported. Thank you.")]);
    if (may || user === me()) actions.push(["Delete", () => done(viewer().remove(message), "Deleted.")]);
    if (may && user !== me()) {
      actions.push([`Ban ${user} for 10 minutes`, () => done(viewer().ban(user, { for: "10m" }), `${user} is banned for 10 minutes.`)]);
      actions.push([`Ban ${user} for a day and remove all of their comments`, () =>
        done(viewer().ban(user, { for: "24h", purge: true }), `${user} is banned for a day.`)]);
    }
    const menu = el("menu");
    menu.replaceChildren(
      part("p", "menu-text", `${user}: ${message.text}`),
      ...actions.map(([words, action]) => button(words, () => {
        menu.close();
        action();
      })),
      button("Cancel", () => menu.close()),
    );
    menu.firstElementChild.dir = "auto";
    menu.showModal();
  }

  function button(words, action) {
    const node = part("button", "choice", words);
    node.type = "button";
    node.addEventListener("click", action);
    return node;
  }

  /* Authors choose the ids of their comments. */
  const key = (id, user) => `${id}\n${user}`;

  function showHeld() {
    el("held-count").textContent = held.size || "";
    el("held-none").hidden = held.size > 0;
    el("held").replaceChildren(...[...held.values()].map(({ id, user, text, why }) => {
      const item = part("li", "held");
      const words = part("p", "words", `${user}: ${text}`);
      words.dir = "auto";
      const decide = (action) => () => {
        held.delete(key(id, user));
        showHeld();
        el("moderate").focus();
        done(viewer().decide(id, action, { user, text }), action === "approve" ? "Approved." : "Denied.");
      };
      item.append(words, part("p", "hint", why ? `Held: ${why}` : ""), button("Approve", decide("approve")), button("Deny", decide("deny")));
      return item;
    }));
  }

  function hold(message) {
    /* Another moderator has decided. */
    const { id, user } = message;
    if (message.status === "denied") held.delete(key(id, user));
    else if (held.size < HELD_MOST) held.set(key(id, user), message);
    showHeld();
  }

  el("moderate-open").addEventListener("click", () => {
    const form = el("settings");
    const { slow_mode_ms: slow = 0, read_only: readOnly, links, max_text: most = 500, review } = viewer().settings ?? {};
    form.slow.value = slow / 1000;
    form.most.value = most;
    form.readOnly.checked = readOnly === true;
    form.noLinks.checked = links === false;
    form.review.checked = review === true;
    viewer().held().then(({ held: all = [], comments = all }) => comments.forEach(hold), () => {});
    showHeld();
    el("moderate").showModal();
  });
  el("settings").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    el("moderate").close();
    done(
      viewer().configure({
        slow_mode: `${Number(form.slow.value) || 0}s`,
        max_text: Number(form.most.value) || 500,
        read_only: form.readOnly.checked,
        links: !form.noLinks.checked,
        review: form.review.checked,
      }),
      "The settings are in effect.",
    );
  });
  el("moderate-close").addEventListener("click", () => el("moderate").close());
  for (const id of ["menu", "moderate"]) {
    el(id).addEventListener("close", ({ target }) => {
      /* What opened it has gone meanwhile. */
      const { activeElement: active, body } = document;
      if (active === body || target.contains(active)) el("feed").focus({ preventScroll: true });
    });
  }

  return {
    act,
    hold,
    reported: ({ by, user, reason }) => say(`${by} reported a comment of ${user}: ${reason}`),
    /* It appeared, so somebody approved it. */
    approved: (id, user) => held.delete(key(id, user)) && showHeld(),
    /** For whom the tools are: a moderator, or anybody else. */
    offer(role) {
      may = MODERATORS.includes(role);
      el("moderate-open").hidden = !may;
    },
    clear() {
      held.clear();
      for (const id of ["menu", "moderate"]) el(id).close();
    },
  };
}
