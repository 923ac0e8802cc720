// The operators' page: the whole cluster, as any node sees it, every 2 s.
import { el, Plot, Rates, short } from "./plot.js";
import { call, follow, setToken } from "./server.js";
import * as letters from "./letters.js";
import * as stream from "./stream.js";

const $ = (id) => document.getElementById(id);
const rates = new Rates();
const plots = {
  viewers: new Plot("Viewers", ""),
  comments: new Plot("Comments accepted", "/s"),
  deliveries: new Plot("Messages delivered", "/s"),
  p50: new Plot("Accept to write, p50", " ms"),
  p99: new Plot("Accept to write, p99", " ms"),
  refused: new Plot("Requests refused", "/s"),
  waiting: new Plot("Items waiting", ""),
  dead: new Plot("Dead letters", ""),
};

const name = (member) => member.host ?? (member.starting ? "starting" : "silent");
const brief = (id) => (id ? id.slice(0, 8) : "nobody");
const sum = (values) => values.reduce((a, b) => a + b, 0);

function duration(ms) {
  const s = Math.round(ms / 1000);
  if (s < 120) return `${s} s`;
  return s < 7200 ? `${Math.round(s / 60)} min` : s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`;
}

/** Replaces the rows, but not a row whose text is the same: focus and selection stay. */
function rows(parent, items, key, make) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const made = make(item);
    made.dataset.key = key(item);
    const known = old.get(made.dataset.key);
    if (!known) return made;
    if (known.innerHTML === made.innerHTML) return known;
    return document.activeElement && known.contains(document.activeElement) ? patched(known, made) : made;
  });
  if (wanted.length !== parent.children.length || wanted.some((child, i) => parent.children[i] !== child)) parent.replaceChildren(...wanted);
}

/** The cells of a row in which a button has the focus, all but that one. */
function patched(known, made) {
  [...known.children].forEach((cell, i) => {
    if (!cell.contains(document.activeElement) && made.children[i]) cell.replaceChildren(...made.children[i].childNodes);
  });
  return known;
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

async function drain(member) {
  if (!confirm(`Drain ${name(member)} (${brief(member.node)})? Its viewers move to other nodes, and it serves none until it is restarted.`)) return;
  try {
    await call("POST", `/admin/nodes/${encodeURIComponent(member.node)}/drain`);
    notice("");
  } catch (e) {
    notice(`Not drained: ${e.message}`);
  }
}

function node(member) {
  const { values = {} } = member;
  const state = member.silent ? el("em", { class: "bad" }, "silent") : member.starting ? el("em", { class: "warn" }, "starting") : member.draining ? el("em", { class: "warn" }, values.viewers ? "draining" : "drained") : null;
  const button = !member.host || member.draining ? null : el("button", { type: "button", "aria-label": `Drain ${name(member)} ${brief(member.node)}`, onclick: () => drain(member) }, "Drain");
  return el(
    "tr",
    {},
    el("th", { scope: "row", title: member.node }, name(member), " ", el("code", {}, brief(member.node)), " ", state),
    el("td", { class: "roles" }, member.roles.join(", ") || "none"),
    el("td", { class: "n" }, short(values.viewers)),
    el("td", { class: "n" }, short(values.partitions)),
    el("td", { class: "n" }, member.heap_max_bytes ? `${Math.round((100 * member.heap_used_bytes) / member.heap_max_bytes)} %` : "–"),
    el("td", {}, member.uptime_ms ? duration(member.uptime_ms) : "–"),
    el("td", {}, button),
  );
}

function partition(p, hosts) {
  const trouble = [p.suspended.length && `suspended: ${p.suspended.map(brief).join(", ")}`, p.last_error].filter(Boolean).join("; ");
  return el(
    "tr",
    { class: p.state === "owning" ? "" : "bad" },
    el("th", { scope: "row", class: "n" }, p.partition),
    el("td", {}, p.owner ? `${hosts.get(p.owner) ?? ""} ` : "", el("code", {}, brief(p.owner))),
    el("td", {}, p.state),
    el("td", { class: "n" }, short(p.depth.comments)),
    el("td", { class: "n" }, short(p.depth.reactions)),
    el("td", { class: "n" }, `${short(p.lag_ms)} ms`),
    el("td", { class: "n" }, p.window),
    el("td", {}, trouble || "–"),
  );
}

function tile(title, value, detail, more = {}) {
  return el(more.onclick ? "button" : "div", { class: `tile ${more.level ?? ""}`, type: more.onclick && "button", onclick: more.onclick ?? (() => {}) }, el("span", {}, title), el("b", {}, value), el("small", {}, detail));
}

/** The counts begin when a node starts, or its last restart. */
function regionDetail(r) {
  const waits = `${r.connected ? "connected" : "not connected"}, ${short(r.items)} items, ${short(r.bytes)}B wait`;
  const counts = `${short(r.forwarded)} forwarded, ${short(r.dropped)} dropped, ${short(r.duplicates)} duplicates from there`;
  return [waits, counts, r.last_error].filter(Boolean).join("\n");
}

function lanes(report) {
  const depths = Object.entries(report.backlog).map(([lane, items]) => ({ key: lane, items }));
  const dead = Object.entries(report.dead_letters).map(([queue, items]) => ({ key: `dead/${queue}`, queue, items }));
  const byKey = (a, b) => a.key.localeCompare(b.key);
  rows($("lanes"), [...depths.sort(byKey), ...dead.sort(byKey)], (t) => t.key, (t) =>
    t.queue
      ? tile(t.queue, short(t.items), "dead letters", { level: t.items ? "bad" : "", onclick: () => letters.show(t.queue) })
      : tile(t.key.replace("/", ", "), short(t.items), "waiting or in work"));
}

function streams(report, now) {
  const most = Math.max(1, ...report.streams.map((s) => s.viewers));
  rows($("stream-rows"), report.streams, (s) => s.stream, (s) => {
    const events = now && now.stream(s);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, el("button", { type: "button", title: s.stream, onclick: () => stream.show(s.stream) }, s.stream)),
      el("td", { class: "share" }, el("meter", { min: 0, max: most, value: s.viewers, "aria-label": `viewers of ${s.stream}` })),
      el("td", { class: "n" }, short(s.viewers)),
      el("td", { class: "n" }, short(events)),
      el("td", { class: "n" }, short(events === null ? null : events * s.viewers)),
    );
  });
  $("no-streams").hidden = report.streams.length > 0;
  $("stream-table").hidden = report.streams.length === 0;
}

function plot(report, now) {
  const { members, dead_letters: dead, backlog } = report;
  const known = members.filter((m) => m.values);
  plots.viewers.add(sum(known.map((m) => m.values.viewers)));
  plots.comments.add(now && now.rate("accepted"));
  plots.deliveries.add(now && now.rate("delivered"));
  plots.p50.add(now && now.quantile(0.5));
  plots.p99.add(now && now.quantile(0.99));
  plots.refused.add(now && now.rate("refused"));
  plots.waiting.add(sum(Object.values(backlog)));
  plots.dead.add(sum(Object.values(dead)));
}

function show(report) {
  const now = rates.of(report);
  plot(report, now);
  const hosts = new Map(report.members.map((m) => [m.node, m.host]));
  rows($("node-rows"), report.members, (m) => m.node, node);
  streams(report, now);
  lanes(report);
  rows($("partition-rows"), report.partitions, (p) => String(p.partition), (p) => partition(p, hosts));
  rows($("region-rows"), report.regions, (r) => r.region, (r) =>
    tile(r.region, r.lag_ms < 1000 ? `${r.lag_ms} ms` : duration(r.lag_ms), regionDetail(r), { level: r.connected ? "" : "bad" }));
  $("no-regions").hidden = report.regions.length > 0;
  const me = report.members.find((m) => m.node === report.node);
  $("footer").textContent = me ? `Seen from ${name(me)} (${brief(me.node)}), version ${me.version}` : "";
}

function follows() {
  follow({
    report(json) {
      $("main").hidden = false;
      show(json);
    },
    state(state, why) {
      $("state").dataset.state = state;
      $("state").textContent = { open: "Live", wait: `Reconnecting${why ? `: ${why}` : ""}`, token: "Needs a token" }[state];
      $("sign-in").hidden = state !== "token";
      if (state === "token") {
        $("main").hidden = true;
        $("token").focus();
      }
    },
  });
}

$("plots").append(...Object.values(plots).map((plot) => plot.element));
$("sign-in").addEventListener("submit", (e) => {
  e.preventDefault();
  setToken($("token").value);
  follows();
});
letters.start();
stream.start();
follows();
