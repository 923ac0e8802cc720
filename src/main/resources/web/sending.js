/*
 * One's own comments until they appear. What has no answer yet outlives a reload: it is sent again under its id, so that
 * it appears once.
 */
import { part } from "./comments.js";
import { refusal } from "./words.js";

/* The server remembers ids for 10 minutes: an older one could appear twice, and surprise its author. */
const AGAIN_MS = 540_000;
const KEPT_MOST = 16;

/* After these, and where the connection ended, it may still appear, or was never sent. */
const OPEN = ["timeout", "closed"];
/* The server would refuse the id again. */
const SPENT = ["conflict", "invalid"];

/**
 * @param comments the list
 * @param storage `read(name)` and `write(name, text)`, which never throw
 * @param write (words) goes on in the field, with these words if there are none
 */
export function sender({ comments, storage, write }) {
  let viewer = null;
  let name = "";
  /* By id; `open` those that are sent again after a reload. */
  const own = new Map();

  const newId = () => crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

  function keep() {
    const open = [...own].filter(([, { open }]) => open).slice(-KEPT_MOST);
    storage.write(name, open.length ? JSON.stringify(open.map(([id, { text, reply, at }]) => ({ id, text, reply, at }))) : "");
  }

  function send(text, reply, id = newId(), at = Date.now()) {
    const item = comments.entry({ id, user: viewer.user, text, at: new Date(at).toISOString(), reply_to: reply });
    item.classList.add("waiting");
    const one = { item, text, reply, at, open: true };
    own.set(id, one);
    keep();
    comments.draft(item);
    const settled = (done) => (answer) => {
      if (own.get(id) !== one) return;
      item.classList.remove("waiting");
      done(answer);
      keep();
    };
    viewer.comment(text, { id, reply_to: reply }).then(
      settled(({ held }) => {
        one.open = false;
        if (held) item.querySelector(".bubble").append(part("p", "why", "A moderator will look at it first."));
      }),
      settled((problem) => refused(id, one, problem)),
    );
  }

  /* Nothing that was typed is lost: it can be sent again. */
  function refused(id, one, problem) {
    one.open = OPEN.includes(problem.code) || viewer.state === "closed";
    one.item.classList.add("failed");
    const again = part("button", "quiet", "Send again");
    again.type = "button";
    again.addEventListener("click", () => {
      appeared(id);
      send(one.text, one.reply, SPENT.includes(problem.code) ? newId() : id);
      write();
    });
    one.item.querySelector(".bubble").append(part("p", "why", `Not sent. ${refusal(problem)}`), again);
  }

  function appeared(id) {
    const one = own.get(id);
    if (!one) return;
    own.delete(id);
    comments.drop(one.item);
    keep();
  }

  function restore() {
    let kept = [];
    try {
      kept = JSON.parse(storage.read(name)) ?? [];
    } catch {
      /* Nothing, or nothing of ours. */
    }
    for (const { id, text, reply, at } of kept) {
      if (Date.now() - at < AGAIN_MS) send(text, reply, id, at);
      else write(text);
    }
    keep();
  }

  return {
    send,
    appeared,
    begin(next, stream) {
      viewer = next;
      name = `unsent.${stream}.${viewer.user}`;
      restore();
    },
    end() {
      viewer = null;
      own.clear();
    },
  };
}
