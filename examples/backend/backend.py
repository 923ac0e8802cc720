"""A broadcaster's back end: makes tokens for who is signed in, and answers Ovation's hooks. Python, without libraries."""
import base64, hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AUTH, HOOKS = (os.environ[name].encode() for name in ("OVATION_AUTH_SECRET", "OVATION_HOOKS_SECRET"))

def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")

def token(user, role="viewer", streams=("s1",), seconds=3600):
    claims = {"sub": user, "role": role, "streams": list(streams), "exp": int(time.time()) + seconds}
    content = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return content + b"." + part(hmac.new(AUTH, content, hashlib.sha256).digest())

def decide(asked):
    if asked["type"] == "watch":
        return {"action": "deny", "reason": "members only"} if asked["user"] == "stranger" else \
               {"action": "allow", "profile": {"name": asked["user"].title()}}
    if "spoiler" in asked["text"]:
        return {"action": "hold", "reason": "a spoiler?"}
    if "casino" in asked["text"]:
        return {"action": "deny", "reason": "no advertising"}
    return {"action": "allow", "text": asked["text"].replace(":)", "🙂")}

class BackEnd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps Ovation's connections open

    def do_GET(self):  # your page asks for a token
        user = self.headers.get("X-Signed-In-User")  # your own session's user
        self.answer(200 if user else 401, token(user) if user else b"")

    def do_POST(self):  # Ovation asks
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ident, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        mac = hmac.new(HOOKS, f"{ident}.{at}.".encode() + body, hashlib.sha256).digest()
        if not hmac.compare_digest("v1," + base64.b64encode(mac).decode(), self.headers["webhook-signature"]):
            return self.answer(403, b"")
        self.answer(200, json.dumps(decide(json.loads(body))).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored):
        pass

if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), BackEnd).serve_forever()
