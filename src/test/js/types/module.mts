// A module's use of the client: every call of the README, and what must not compile.
import { watch, OvationError, type CommentEvent, type State, type Viewer } from "ovation-client";

const viewer: Viewer = watch({
  url: "https://live.example.org",
  stream: "main-stage",
  user: "alice",
  token: async () => "…",
  needed: () => true,
});
const off: () => void = viewer.on("comment", (event: CommentEvent) => event.text.length + event.offset);
off();
viewer.on("reactions", ({ counts, totals }) => (counts.like ?? 0) + (totals.like ?? 0));
viewer.on("viewers", ({ count }) => count.toFixed());
viewer.on("status", ({ live }) => !live);
viewer.on("gap", ({ from, to }) => to - from);
viewer.on("state", ({ state, after_ms }) => `${state satisfies State} ${after_ms ?? 0}`);
viewer.on("error", ({ code, detail }) => `${code} ${detail ?? ""}`);
viewer.react("like");
viewer.react("like", 3);
viewer.comment("Hello").then(
  ({ id }) => id.length,
  (e: unknown) => e instanceof OvationError && e.code,
);
viewer.comment("Hello", { id: "i1", reply_to: "i0", meta: { colour: "red" }, timeout: 5000 }).then(({ held }) => held === true);
viewer.once("pong", ({ type }) => type satisfies "pong");
viewer.off("pong");
viewer.on("error", (e) => e instanceof OvationError && e.status);
viewer.on("event", ({ name, data }) => [name, data]);
viewer.on("deleted", ({ id, user }) => id + user);
viewer.on("settings", ({ slow_mode_ms }) => slow_mode_ms.toFixed());
viewer.on("comment", ({ profile, reply_to }) => [profile?.avatar, reply_to]);
viewer.history({ limit: 50, before: null }).then(({ comments, before }) => [comments[0]?.text, before?.toFixed()]);
viewer.ban("eve", { for: "10m", purge: true }).then(() => viewer.decide("i1", "deny", { user: "eve", text: "hi" }));
viewer.announce("score", { home: 1 }, { retain: true, ttl: "1h" });
viewer.ready().then(({ offset }) => offset);
viewer.move("other", { last: 50 });
viewer.disconnect();
viewer.connect();
watch({ urls: ["https://near", "https://far"], stream: "s", token: "jwt", retry: { first: 1 }, debug: console.log, last: 50 });
const position: number | null = viewer.position;
if (position !== null) watch({ stream: "s", user: "u", since: position });
viewer.close();

// @ts-expect-error: a stream is needed
watch({ user: "alice" });
// @ts-expect-error: there is no such event
viewer.on("coment", () => {});
// @ts-expect-error: there is no such option
viewer.comment("a", { replyTo: "i0" });
// @ts-expect-error: there is no such transport
watch({ stream: "s", user: "u", transports: ["carrier-pigeon"] });
// @ts-expect-error: a text is a string
viewer.comment(7);
// @ts-expect-error: nobody else sets it
viewer.state = "open";
