// Small plots of the last minutes, and what they are made of.

const SVG = "http://www.w3.org/2000/svg";
const POINTS = 90;
const W = 240;
const H = 56;

/** An element with text or children; texts are only ever text. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** Removes a row that is dealt with. If it had the focus, the next row gets it, or `instead`: but no button, which a held key would press. */
export function remove(row, instead) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const had = row.contains(document.activeElement);
  row.remove();
  if (next) next.tabIndex = -1;
  if (had) (next ?? instead).focus();
}

/** 1234567 → "1.23 M". */
export function short(n) {
  if (n === null || n === undefined || !Number.isFinite(n)) return "–";
  for (const [size, unit] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]]) if (Math.abs(n) >= size) return (n / size).toPrecision(3) + unit;
  return Number.isInteger(n) ? String(n) : n.toPrecision(n < 1 ? 1 : 3);
}

export class Plot {
  #values = [];

  constructor(title, unit) {
    this.unit = unit;
    this.value = el("b", {}, "–");
    this.line = document.createElementNS(SVG, "path");
    this.area = document.createElementNS(SVG, "path");
    this.area.setAttribute("class", "area");
    this.line.setAttribute("class", "line");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(this.area, this.line);
    this.most = el("small", {});
    this.element = el("figure", {}, el("figcaption", {}, title), this.value, svg, this.most);
  }

  /** @param value null if it is not known */
  add(value) {
    this.#values.push(value);
    if (this.#values.length > POINTS) this.#values.shift();
    this.value.textContent = value === null ? "–" : `${short(value)}${this.unit}`;
    const known = this.#values.filter((v) => v !== null);
    const top = Math.max(1e-9, ...known);
    this.most.textContent = known.length ? `most ${short(Math.max(...known))}${this.unit}` : "";
    const step = W / (POINTS - 1);
    const left = W - (this.#values.length - 1) * step;
    const points = this.#values.map((v, i) => [left + i * step, H - 2 - ((v ?? 0) / top) * (H - 6)].map((c) => c.toFixed(1)).join(" "));
    this.line.setAttribute("d", `M${points.join("L")}`);
    this.area.setAttribute("d", `M${left} ${H}L${points.join("L")}L${W} ${H}Z`);
  }
}

/** What changed between two reports, summed over the nodes that are in both. */
export class Rates {
  #before = null;

  /** @return null for the first report; else per second, of a stream its events, and quantiles of the latency in ms */
  of(report) {
    const before = this.#before;
    this.#before = report;
    if (!before || report.node !== before.node || report.at_ms <= before.at_ms) return null;
    const seconds = (report.at_ms - before.at_ms) / 1000;
    const old = new Map(before.members.map((m) => [m.node, m]));
    const pairs = report.members.filter((m) => m.values && old.get(m.node)?.values).map((m) => [m, old.get(m.node)]);
    const rate = (name) => pairs.reduce((sum, [now, then]) => sum + Math.max(0, (now.values[name] ?? 0) - (then.values[name] ?? 0)), 0) / seconds;
    const events = new Map(before.streams.map((s) => [s.stream, s.events]));
    // A new owner counts from 0.
    const stream = ({ stream, events: now }) => (now >= events.get(stream) ? (now - events.get(stream)) / seconds : null);
    const buckets = new Map();
    for (const [now, then] of pairs) {
      const was = new Map(then.latency_ms);
      for (const [bound, count] of now.latency_ms) buckets.set(bound, (buckets.get(bound) ?? 0) + count - (was.get(bound) ?? 0));
    }
    return { rate, stream, quantile: (q) => quantile([...buckets].sort(([a], [b]) => (a ?? Infinity) - (b ?? Infinity)), q) };
  }
}

/** Within a bucket the times are taken as spread evenly, as Prometheus does. */
function quantile(buckets, q) {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  let [from, below] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= q * total) return bound === null ? from : from + ((bound - from) * (q * total - below)) / Math.max(1, count - below);
    [from, below] = [bound, count];
  }
  return from;
}
