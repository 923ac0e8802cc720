import { check } from "./problem.js";

function part(field, value) {
  check(field, value, 128);
  return encodeURIComponent(value);
}

const comment = ({ id }) => `comments/${part("id", id)}`;

/**
 * The calls about a stream that viewers, moderators and hosts make. They throw where nothing can be asked for.
 *
 * @param call (method, path below the stream, body)
 * @param by the viewer's user, if the token does not say it
 */
export const moderation = (call, by) => ({
  history: (which) => call("GET", `comments?${page(which || {})}`),
  remove: (which) => call("DELETE", `${comment(which)}?user=${part("user", which.user)}`),
  report: (which, reason) => call("POST", `${comment(which)}/reports`, { user: by, author: which.user, reason }),
  ban: (user, how) => call("PUT", `bans/${part("user", user)}`, how || {}),
  unban: (user) => call("DELETE", `bans/${part("user", user)}`),
  bans: () => call("GET", "bans"),
  held: () => call("GET", "held"),
  decide: (id, action, held) => call("POST", `held/${part("id", id)}`, { action, user: held?.user, text: held?.text }),
  configure: (settings) => call("PUT", "settings", settings || {}),
  announce: (name, data, how) => call("POST", "events", { name, data, ...how }),
  retract: (name) => call("DELETE", `events/${part("name", name)}`),
});

/** A page of comments before an offset, the newest without one. */
function page({ limit, before }) {
  const query = new URLSearchParams();
  if (limit != null) query.set("limit", limit);
  if (before != null) query.set("before", before);
  return query;
}
