/*
 * The list of comments: bounded, one batch of changes per frame, and still while somebody reads further up or points at
 * it in a storm. What comes meanwhile waits, bounded as well.
 */

const MOST = 200;
const NEAR_END_PX = 80;
const REMEMBERED_MOST = 1000;
/* From this many in a second on, nothing moves in and a screen reader hears only how many there are. */
const BUSY = 5;
const BADGES_MOST = 3;
const LINES_MOST = 12;

const el = (id) => document.getElementById(id);
const count = new Intl.NumberFormat("en");

/**
 * @param isMine (user) whether it is the page's own user
 * @param act (message) when the button of a comment is pressed
 */
export function commentList({ isMine, act }) {
  const feed = el("feed");
  const list = el("comments");
  const newer = el("newer");
  const shown = new Map();
  /* What replies quote. */
  const texts = new Map();
  let waiting = [];
  let skipped = 0;
  let following = true;
  /* Where the feed stood when it was last scrolled. */
  let top = 0;
  let pointed = false;
  let frame = 0;
  let second = { at: 0, count: 0 };
  let busy = false;

  const key = (user, id) => `${user}\n${id}`;
  const still = () => !following || (pointed && busy);

  function add(item) {
    waiting.push(item);
    if (waiting.length >= MOST) {
      waiting.shift();
      skipped++;
    }
    const passed = (performance.now() - second.at) / 1000;
    if (passed > 1) {
      calm(second.count > BUSY * passed);
      second = { at: performance.now(), count: 0 };
    }
    second.count++;
    frame ||= requestAnimationFrame(draw);
  }

  function calm(now) {
    if (now === busy) return;
    busy = now;
    list.classList.toggle("busy", busy);
    el("log").setAttribute("aria-live", busy ? "off" : "polite");
  }

  /* One reading and one writing of the layout for all that came since the last frame. */
  function draw() {
    frame = 0;
    if (still()) return tellNewer();
    const batch = document.createDocumentFragment();
    if (skipped) batch.append(marker(`${count.format(skipped)} comments are not shown here.`));
    for (const { message, words, node } of waiting) batch.append(node ?? (message ? entry(message) : marker(words)));
    skipped = 0;
    waiting = [];
    list.append(batch);
    while (list.childElementCount > MOST) forget(list.firstElementChild);
    el("empty").hidden = list.childElementCount > 0;
    feed.scrollTop = feed.scrollHeight;
    tellNewer();
  }

  function tellNewer() {
    const unseen = waiting.length + skipped;
    if (unseen === 0 && newer === document.activeElement) feed.focus({ preventScroll: true });
    newer.textContent = unseen === 1 ? "1 new comment" : `${count.format(unseen)} new comments`;
    newer.hidden = unseen === 0;
  }

  function forget(node) {
    if (node.contains(document.activeElement)) feed.focus({ preventScroll: true });
    shown.delete(node.dataset.key);
    node.remove();
  }

  function follow() {
    following = true;
    pointed = false;
    draw();
  }

  function entry(message) {
    const { user, id, text, at, profile = {}, reply_to: parent } = message;
    const item = part("li", isMine(user) ? "comment mine" : "comment");
    const name = String(profile?.name || user);
    item.style.setProperty("--hue", hue(user, profile?.color));
    item.dataset.key = key(user, id);
    const bubble = part("div", "bubble");
    const who = part("p", "who");
    const bold = part("b", "name", name);
    bold.dir = "auto";
    if (name !== user) bold.title = user;
    who.append(bold);
    for (const badge of Array.isArray(profile?.badges) ? profile.badges.slice(0, BADGES_MOST) : []) {
      who.append(part("span", "badge", String(badge).slice(0, 20)));
    }
    who.append(time(at));
    if (parent) bubble.append(quote(texts.get(parent)));
    const words = part("p", "words", inLines(String(text)));
    words.dir = "auto";
    const more = part("button", "more", "⋯");
    more.type = "button";
    more.setAttribute("aria-label", `More about ${name}'s comment`);
    more.addEventListener("click", () => act(message));
    bubble.prepend(who);
    bubble.append(words);
    item.append(face(name, profile?.avatar), bubble, more);
    shown.set(item.dataset.key, item);
    texts.set(id, { name, text: String(text) });
    if (texts.size > REMEMBERED_MOST) texts.delete(texts.keys().next().value);
    return item;
  }

  function take(node) {
    forget(node);
    el("empty").hidden = list.childElementCount + waiting.length > 0;
  }

  /* A feed that became lower since the scroll, as for a hint above it, was not scrolled away from its end. */
  feed.addEventListener(
    "scroll",
    () => {
      const was = following;
      const atEnd = feed.scrollHeight - feed.scrollTop - feed.clientHeight < NEAR_END_PX;
      following = atEnd || (was && feed.scrollTop >= top);
      top = feed.scrollTop;
      if (following && !atEnd) feed.scrollTop = feed.scrollHeight;
      if (following && !was) frame ||= requestAnimationFrame(draw);
    },
    { passive: true },
  );
  feed.addEventListener("pointerenter", ({ pointerType }) => (pointed = pointerType === "mouse"));
  feed.addEventListener("pointerleave", () => {
    pointed = false;
    frame ||= requestAnimationFrame(draw);
  });
  newer.addEventListener("click", () => {
    follow();
    feed.focus({ preventScroll: true });
  });
  /* The keyboard of a phone came or went: the newest stays in sight. */
  new ResizeObserver(() => following && (feed.scrollTop = feed.scrollHeight)).observe(feed);

  return {
    entry,
    comment: (message) => add({ message }),
    marker: (words) => add({ words }),
    /** One's own, not sent yet, is shown at once. */
    draft(node) {
      add({ node });
      follow();
    },
    drop: take,
    remove(user, id) {
      waiting = waiting.filter(({ message }) => !message || message.id !== id || message.user !== user);
      const node = shown.get(key(user, id));
      if (node) take(node);
      texts.delete(id);
      tellNewer();
    },
    purge(user) {
      waiting = waiting.filter(({ message }) => message?.user !== user);
      for (const [of, node] of shown) if (of.startsWith(`${user}\n`)) take(node);
      tellNewer();
    },
    clear() {
      cancelAnimationFrame(frame);
      frame = skipped = 0;
      waiting = [];
      following = true;
      shown.clear();
      texts.clear();
      list.replaceChildren();
      tellNewer();
    },
  };
}

export function part(tag, name, content = "") {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = content;
  return node;
}

/* One comment does not fill the screen: one empty line at a time, and what is beyond the last line goes on in it. */
function inLines(text) {
  const lines = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
  const kept = lines.filter((line, i) => line.trim() || (i && lines[i - 1].trim()));
  return [...kept.slice(0, LINES_MOST - 1), kept.slice(LINES_MOST - 1).join(" ")].join("\n").trim();
}

const marker = (words) => part("li", "marker", words);

function quote(of) {
  const node = part("p", "quote", of ? `${of.name}: ${of.text}` : "A reply to an earlier comment");
  node.dir = "auto";
  return node;
}

function time(at) {
  const date = Number.isNaN(Date.parse(at)) ? new Date() : new Date(at);
  const node = part("time", "time", date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  node.dateTime = date.toISOString();
  return node;
}

/**
 * Whether a picture may come from there: from another site over https, or from a file of this one. With a query it could
 * ask this server for more than a file.
 */
export function isPicture(avatar) {
  if (typeof avatar !== "string" || !/^(https:|\/)/.test(avatar)) {
    return false;
  }
  try {
    const url = new URL(avatar, location.origin);
    return url.origin === location.origin ? url.search === "" : /^https:\/\//i.test(avatar);
  } catch {
    return false;
  }
}

/* A picture comes from where its owner says, without telling there who looks; if it fails, the first letter stays. */
function face(name, avatar) {
  const node = part("span", "face", [...name][0]?.toUpperCase() ?? "");
  node.setAttribute("aria-hidden", "true");
  if (isPicture(avatar)) {
    const picture = document.createElement("img");
    Object.assign(picture, { alt: "", width: 34, height: 34, loading: "lazy", referrerPolicy: "no-referrer" });
    picture.addEventListener("error", () => picture.remove());
    picture.src = avatar;
    node.append(picture);
  }
  return node;
}

/* A hue of one's own; how light it is, and so its contrast, is the page's. */
function hue(user, color) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(typeof color === "string" ? color : "");
  if (hex) {
    const [r, g, b] = hex.slice(1).map((two) => parseInt(two, 16));
    return Math.round((Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI);
  }
  let hash = 7;
  for (const c of user) hash = (hash * 31 + c.codePointAt(0)) % 360;
  return hash;
}
