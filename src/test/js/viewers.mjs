// Viewers with ovation.js, for a run of faults: `viewers.mjs URL[,URL…] STREAM…`, one for each stream. Each prints what it is
// told, one JSON array [stream, event] a line, and goes on until the process is ended.
import WebSocket from "ws";
import { watch } from "ovation-client";

const [url, ...streams] = process.argv.slice(2);
const urls = url.split(",");
for (const stream of streams) {
  const viewer = watch({ urls, stream, user: `j-${stream}`, needed: () => true, WebSocket });
  const print = (type) => (event) => console.log(JSON.stringify([stream, { ...event, type }]));
  for (const type of ["watching", "comment", "gap", "error", "state"]) {
    viewer.on(type, print(type));
  }
}
