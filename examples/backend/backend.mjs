// A broadcaster's back end: makes tokens for whoever is signed in, and answers Ovation's hooks. Node.js, without packages.
import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"

const { OVATION_AUTH_SECRET: auth, OVATION_HOOKS_SECRET: hooks, PORT = 8000 } = process.env
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")

function token(sub, role = "viewer", streams = ["s1"], seconds = 3600) {
  const exp = Math.floor(Date.now() / 1000) + seconds
  const content = part({ alg: "HS256", typ: "JWT" }) + "." + part({ sub, role, streams, exp })
  return content + "." + createHmac("sha256", auth).update(content).digest("base64url")
}

function genuine(headers, body) {
  if (!(Math.abs(Date.now() / 1000 - headers["webhook-timestamp"]) < 300)) return false // an old one, sent again
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`
  const wanted = Buffer.from("v1," + createHmac("sha256", hooks).update(signed).update(body).digest("base64"))
  const given = Buffer.from(headers["webhook-signature"] ?? "")
  return wanted.length === given.length && timingSafeEqual(wanted, given)
}

function decide({ type, user, text }) {
  if (type === "watch" && user === "stranger") return { action: "deny", reason: "members only" }
  if (type === "watch") return { action: "allow", profile: { name: user.toUpperCase() } }
  if (text.includes("casino")) return { action: "deny", reason: "no advertising" }
  if (text.includes("spoiler")) return { action: "hold", reason: "tells the end" }
  return { action: "allow", text: text.replaceAll(":)", "🙂") }
}

createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray())
  const user = request.headers["x-signed-in-user"] // your own session's user
  if (request.method === "GET") return response.writeHead(user ? 200 : 401).end(user && token(user))
  if (!genuine(request.headers, body)) return response.writeHead(403).end()
  response.end(JSON.stringify(decide(JSON.parse(body))))
}).listen(PORT, "127.0.0.1")
