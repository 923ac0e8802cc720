/* The server's HTTP API, called with the viewer's token. */
import { within } from "./limits.js";
import { OvationError } from "./problem.js";

const ANSWER_MS = 10000;

/** Resolves with the answer's JSON, `{}` if it has none; rejects with an OvationError. */
export async function request(base, jwt, method, path, body) {
  const abort = new AbortController();
  const headers = {};
  if (jwt) headers.authorization = `Bearer ${jwt}`;
  if (body) headers["content-type"] = "application/json";
  try {
    const call = { method, headers, signal: abort.signal, body: body && JSON.stringify(body) };
    return await within(ANSWER_MS, "no answer in time", async () => {
      const answer = await fetch(base + path, call);
      const json = parse(await answer.text());
      if (answer.ok) return json;
      const seconds = Number(answer.headers.get("retry-after"));
      throw new OvationError({
        code: "http",
        detail: `the server answered ${answer.status}`,
        retry_after_ms: seconds > 0 ? seconds * 1000 : undefined,
        ...json,
        status: answer.status,
      });
    });
  } catch (e) {
    abort.abort();
    throw e instanceof OvationError ? e : new OvationError({ code: "unavailable", detail: String((e && e.message) || e) });
  }
}

function parse(text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
}

/** A page of comments before an offset, the newest without one. */
export function historyPath(stream, { limit, before } = {}) {
  const query = new URLSearchParams();
  if (limit !== undefined) query.set("limit", limit);
  if (before !== undefined && before !== null) query.set("before", before);
  return `/streams/${stream}/comments?${query}`;
}
