/* The server's HTTP API, called with the viewer's token. */
import { why, within } from "./limits.js";
import { OvationError } from "./problem.js";

const ANSWER_MS = 10000;

/** Resolves with the answer's JSON, `{}` if it has none; rejects with an OvationError. */
export async function request(base, jwt, method, path, body) {
  const abort = new AbortController();
  const headers = {};
  if (jwt) headers.authorization = `Bearer ${jwt}`;
  const call = { method, headers, signal: abort.signal, body: body && JSON.stringify(body) };
  if (body) headers["content-type"] = "application/json";
  try {
    return await within(ANSWER_MS, async () => {
      const answer = await fetch(base + path, call);
      const json = (await answer.json().catch(() => {})) || {};
      if (answer.ok) return json;
      const seconds = +answer.headers.get("retry-after");
      throw new OvationError({
        code: "http",
        detail: `the server answered ${answer.status}`,
        retry_after_ms: seconds * 1000 || undefined,
        ...json,
        status: answer.status,
      });
    });
  } catch (e) {
    abort.abort();
    throw e instanceof OvationError ? e : new OvationError({ code: "unavailable", detail: String(why(e)) });
  }
}
