// EventSources that follow the specification, which give up for ever at anything but 200, and what they saw.
// usage: node eventsources.mjs count stream,stream… address…    then on stdin: {"stream": ["id", …], …}
import { createInterface } from "node:readline";
import { EventSource } from "eventsource";

const [count, streams, ...addresses] = process.argv.slice(2);
const names = streams.split(",");
const sources = [];
let watching = 0;

for (let i = 0; i < Number(count); i++) {
  const address = addresses[i % addresses.length];
  const stream = names[i % names.length];
  const source = new EventSource(`${address}/streams/${stream}/events?user=viewer-${i}`);
  const one = { source, address, stream, offsets: [], ids: [], gaps: 0 };
  let first = true;
  source.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "watching" && first) {
      first = false;
      if (++watching === Number(count)) console.log("watching");
    } else if (message.type === "comment") {
      one.ids.push(message.id);
      one.offsets.push(message.offset);
    } else if (message.type === "gap") {
      one.gaps++;
    } else if (message.type === "error" || message.type === "reconnect") {
      one.told = data;
    }
  };
  source.onerror = ({ code, message }) => (one.error = `${code ?? ""} ${message ?? "closed"}`);
  sources.push(one);
}

function faults(expected) {
  const found = {};
  const add = (what, { address, source, error, told }) => {
    const key = `${what} at ${address}, state ${source.readyState}, last ${error}, ${told}`;
    found[key] = (found[key] ?? 0) + 1;
  };
  for (const one of sources) {
    const wanted = new Set(expected[one.stream]);
    const seen = new Set(one.ids);
    if (one.source.readyState === EventSource.CLOSED) add("gave up", one);
    else if ([...wanted].some((id) => !seen.has(id))) add("missed some", one);
    if (seen.size !== one.ids.length) add("saw some twice", one);
    if (one.offsets.some((offset, i) => offset <= one.offsets[i - 1])) add("saw some out of order", one);
    if (one.gaps) add("was told a gap", one);
  }
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  const expected = JSON.parse(line);
  for (let waited = 0; waited < 60 && Object.keys(faults(expected)).length; waited++) await new Promise((done) => setTimeout(done, 1000));
  const found = faults(expected);
  console.log(JSON.stringify(found));
  process.exit(Object.keys(found).length ? 1 : 0);
}
