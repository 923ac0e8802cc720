/* What the page says about its connection and about refusals. The server's own words are for developers. */

export const STATES = {
  left: "Not connected",
  connecting: "Connecting…",
  open: "Connected",
  waiting: "Reconnecting…",
  idle: "Paused while you are away",
  disconnected: "Not connected",
  closed: "Disconnected",
};

const REFUSALS = {
  busy: "Too much is going on right now. Try again in a moment.",
  rate: "That was too fast. Wait a moment, then try again.",
  timeout: "It could not be sent. Check your connection.",
  unavailable: "The server cannot take it right now. Try again in a moment.",
  unauthorized: "You need to sign in to write here.",
  forbidden: "You cannot write here at the moment.",
  banned: "You are banned from writing here for now.",
  read_only: "Only the hosts can write at the moment.",
  slow_mode: "Slow mode is on. Wait a little between two comments.",
  links: "Links are not allowed here.",
  words: "It has a word that is not allowed here.",
  too_many_held: "Too many of your comments wait for a moderator. Write again later.",
  conflict: "This was sent before.",
  moved: "You moved to another stream before it was sent.",
  closed: "You are disconnected.",
};

const FIELDS = {
  text: "This comment is not allowed here. Change it and try again.",
  user: "That name cannot be used here.",
  stream: "There is no such stream.",
  reply_to: "What you replied to is no longer there.",
  kind: "This server does not offer that reaction.",
  token: "Your sign-in is not valid here. Sign in again.",
};

const ENDINGS = {
  elsewhere: "You opened another stream in another window, so this one stopped.",
  unauthorized: "Your sign-in has ended. Sign in again to go on watching.",
  forbidden: "You cannot watch this stream.",
  blocked: "Your browser does not let this page connect.",
  unsupported: "Your browser cannot connect to this server.",
};

const CLOSES = { 4501: "You sent too much at once, so the connection was closed.", 4502: ENDINGS.elsewhere };

/** In words; empty if it is not known, or soon. */
function until(ms) {
  if (!(ms >= 1_000)) return "";
  const [count, unit] = ms < 90_000 ? [ms / 1_000, "second"] : ms < 5_400_000 ? [ms / 60_000, "minute"] : [ms / 3_600_000, "hour"];
  const whole = Math.ceil(count);
  return ` You can write again in ${whole} ${unit}${whole === 1 ? "" : "s"}.`;
}

/** Why something was not done, and when it can be. */
export const refusal = ({ code, field, retry_after_ms: wait }) =>
  (REFUSALS[code] ?? FIELDS[field] ?? "That did not work. Try again in a moment.") +
  (code === "banned" || code === "slow_mode" ? until(wait) : "");

/** Why the viewer is disconnected. */
export const ending = ({ code, field, close }) =>
  ENDINGS[code] ?? CLOSES[close] ?? FIELDS[field] ?? "The connection has ended.";

/** What the stream's settings mean for whoever writes; null if nothing special. */
export function rules({ read_only: readOnly, slow_mode_ms: slow, review, links } = {}) {
  if (readOnly) return "Only the hosts can write at the moment.";
  const words = [];
  if (slow > 0) words.push(`Slow mode: one comment every ${Math.round(slow / 1000)} s.`);
  if (review) words.push("Comments appear once a moderator has approved them.");
  if (links === false) words.push("No links.");
  return words.join(" ");
}
