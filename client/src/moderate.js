const part = encodeURIComponent;

/**
 * The calls that moderators, hosts and, for their own comments, authors make.
 *
 * @param call (method, path below the stream, body)
 * @param by the viewer's user, if the token does not say it
 */
export const moderation = (call, by) => ({
  remove: ({ id, user }) => call("DELETE", `comments/${part(id)}?user=${part(user)}`),
  report: ({ id, user }, reason) => call("POST", `comments/${part(id)}/reports`, { user: by, author: user, reason }),
  ban: (user, how = {}) => call("PUT", `bans/${part(user)}`, how),
  unban: (user) => call("DELETE", `bans/${part(user)}`),
  bans: () => call("GET", "bans"),
  held: () => call("GET", "held"),
  decide: (id, action, { user, text } = {}) => call("POST", `held/${part(id)}`, { action, user, text }),
  configure: (settings) => call("PUT", "settings", settings),
  announce: (name, data, how) => call("POST", "events", { name, data, ...how }),
  retract: (name) => call("DELETE", `events/${part(name)}`),
});
