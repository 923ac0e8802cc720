/* The bar of reactions below the comments, and what floats up when somebody reacts. */

/* The kinds that a server offers by default; the bar adds others when their first count arrives. */
const KINDS = ["like", "love", "laugh", "wow", "sad", "clap"];
const DRAWN = new Set(KINDS);
const KINDS_MOST = 12;
const AT_ONCE = 10;
/* On a phone they rise over the comments, which must stay readable. */
const AFLOAT_MOST = { wide: 48, narrow: 14 };
const SPREAD_MS = 600;

const el = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const wide = matchMedia("(min-width: 860px)");
const words = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** @param react (kind) when its button is pressed */
export function reactionBar(react) {
  const bar = el("reactions");
  const floats = el("floats");
  const buttons = new Map();
  /* One's own reactions rise at once, so the server's count of them must not show them a second time. */
  const mine = new Map();

  function offer(kind) {
    if (buttons.has(kind) || buttons.size >= KINDS_MOST) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reaction";
    const count = document.createElement("span");
    count.className = "total";
    button.append(icon(kind), count);
    button.addEventListener("click", () => {
      mine.set(kind, (mine.get(kind) ?? 0) + 1);
      react(kind);
      up(kind, 0);
    });
    buttons.set(kind, { button, count });
    bar.append(button);
    total(kind, 0);
  }

  function total(kind, number) {
    const { button, count } = buttons.get(kind);
    const name = kind[0].toUpperCase() + kind.slice(1).replaceAll("_", " ");
    count.textContent = number ? short.format(number) : "";
    button.setAttribute("aria-label", `${name}: ${words.format(number)}`);
    button.title = name;
  }

  function up(kind, delay) {
    const most = wide.matches ? AFLOAT_MOST.wide : AFLOAT_MOST.narrow;
    if (calm.matches || document.hidden || floats.childElementCount >= most) return;
    const one = icon(kind);
    one.setAttribute("class", "float");
    one.style.setProperty("--x", `${Math.round(Math.random() * 100)}%`);
    one.style.setProperty("--drift", `${Math.round(Math.random() * 60 - 30)}px`);
    one.style.setProperty("--size", `${Math.round(28 + Math.random() * 18)}px`);
    one.style.setProperty("--time", `${(2.6 + Math.random() * 1.4).toFixed(2)}s`);
    one.style.setProperty("--delay", `${Math.round(delay)}ms`);
    one.addEventListener("animationend", () => one.remove());
    floats.append(one);
  }

  function clear() {
    bar.replaceChildren();
    floats.replaceChildren();
    buttons.clear();
    mine.clear();
    KINDS.forEach(offer);
  }

  clear();
  return {
    clear,
    /** Shows the server's counts: new ones since the last message, and totals. */
    show({ counts = {}, totals = {} }) {
      for (const [kind, number] of Object.entries(totals)) {
        offer(kind);
        if (buttons.has(kind)) total(kind, number);
      }
      const rising = [];
      for (const [kind, number] of Object.entries(counts)) {
        const own = Math.min(number, mine.get(kind) ?? 0);
        mine.set(kind, (mine.get(kind) ?? 0) - own);
        for (let i = 0; i < Math.min(AT_ONCE, number - own); i++) rising.push({ kind, delay: Math.random() * SPREAD_MS });
      }
      rising.sort((a, b) => a.delay - b.delay).forEach(({ kind, delay }) => up(kind, delay));
    },
  };
}

function icon(kind) {
  const svg = el("icon").content.firstElementChild.cloneNode(true);
  svg.firstElementChild.setAttribute("href", `#reaction-${DRAWN.has(kind) ? kind : "other"}`);
  return svg;
}
