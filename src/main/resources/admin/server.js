// The operators' port: calls, and the stream of reports. An EventSource could not send the token.

const KEY = "ovation.operate.token";
let token = sessionStorage.getItem(KEY) ?? "";

export function setToken(value) {
  token = value;
  sessionStorage.setItem(KEY, value);
}

function headers(more = {}) {
  return token ? { authorization: `Bearer ${token}`, ...more } : more;
}

/** Resolves with the answer's JSON, or null; throws an Error that says what to do. */
export async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: headers(body ? { "content-type": "application/json" } : {}),
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  const json = text ? JSON.parse(text) : null;
  if (!response.ok) throw Object.assign(new Error(json?.detail ?? `the node answered ${response.status}`), { status: response.status });
  return json;
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A report comes every 2 s: a node that is silent for this long is gone or frozen. */
const SILENT_MS = 10_000;

/**
 * Follows the reports for as long as the page is open, and comes back after each end.
 * @param on report(json), state("open"|"wait"|"token", why)
 */
export async function follow(on) {
  for (;;) {
    let wait = 2000;
    const controller = new AbortController();
    let silence = setTimeout(() => controller.abort(), SILENT_MS);
    try {
      const response = await fetch("/admin/events", { headers: headers({}), signal: controller.signal });
      if (response.status === 401) return on.state("token");
      if (!response.ok || !response.headers.get("content-type")?.startsWith("text/event-stream")) throw new Error(`answered ${response.status}`);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) throw new Error("the node ended the stream");
        clearTimeout(silence);
        silence = setTimeout(() => controller.abort(), SILENT_MS);
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        for (const event of events) {
          if (!event.startsWith("data: ")) continue;
          const report = JSON.parse(event.slice(6));
          if (report.type === "error") throw new Error(report.detail);
          on.state("open");
          on.report(report);
        }
      }
    } catch (e) {
      on.state("wait", e.name === "AbortError" ? "it is silent" : e.message);
    } finally {
      clearTimeout(silence);
    }
    await sleep(wait + Math.random() * 1000);
  }
}
