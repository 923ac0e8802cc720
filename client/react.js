// A React hook over ovation-client: `useOvation({ stream, user })`. React is the application's own.
import { useEffect, useRef, useState } from "react";
import { watch } from "./ovation.mjs";

const COMMENTS_MOST = 200;
const NOTHING = { comments: [], viewers: null, live: null, totals: {}, settings: null, state: "connecting", error: null };

/**
 * Watches a stream while the component is mounted, and renders at most once per frame however much comes. `options` are
 * those of `watch`; a change of `stream` moves the viewer, a change of `user` or `url` makes another one.
 *
 * @return {object} what there is to show, and `viewer` (null until mounted)
 */
export function useOvation(options, { most = COMMENTS_MOST } = {}) {
  const { stream, user, url } = options;
  const [shown, setShown] = useState(NOTHING);
  const viewer = useRef(null);
  const watched = useRef(stream);

  useEffect(() => {
    const one = watch(options);
    viewer.current = one;
    watched.current = stream;
    let comments = [];
    let error = null;
    let frame = 0;

    const draw = () => {
      frame = 0;
      const { viewers, live, totals, settings, state } = one;
      setShown({ comments, viewers, live, totals, settings, state, error });
    };
    const changed = () => (frame ||= requestAnimationFrame(draw));
    const keep = (test) => {
      comments = comments.filter(test);
      changed();
    };

    one.on("comment", (comment) => {
      const all = [...comments, comment];
      comments = all.slice(Math.max(0, all.length - most));
      changed();
    });
    one.on("deleted", ({ user, id }) => keep((comment) => comment.user !== user || comment.id !== id));
    one.on("purged", ({ user }) => keep((comment) => comment.user !== user));
    one.on("watching", (watching) => {
      if (watching.stream !== watched.current) keep(() => false);
      watched.current = watching.stream;
      error = null;
      changed();
    });
    one.on("error", (problem) => {
      error = problem;
      changed();
    });
    for (const type of ["viewers", "status", "reactions", "settings", "state"]) one.on(type, changed);

    return () => {
      cancelAnimationFrame(frame);
      viewer.current = null;
      one.close();
      setShown(NOTHING);
    };
    // The other options are read once, as `watch` does.
  }, [user, url]);

  useEffect(() => {
    if (viewer.current && viewer.current.stream !== stream) viewer.current.move(stream, { last: options.last });
  }, [stream]);

  return { ...shown, viewer: viewer.current };
}
