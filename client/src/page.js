/* What the browser says about the page: hidden, frozen, offline, kept for the way back, under a policy. */
const G = globalThis;

export const page = typeof document === "object" ? document : null;

/** The client's own tag: known only while the script runs for the first time. */
export const script = page?.currentScript;

/** Visible, or as good as: a picture of it floats above other windows. */
export const visible = () =>
  !page || !page.hidden || !!page.pictureInPictureElement || !!G.documentPictureInPicture?.window;

/**
 * Follows the page until the returned function is called.
 *
 * @param wake it is visible, or online, again (called with an event)
 * @param offline the browser has no network
 * @param leave it is put aside, where no open connection is allowed; `wake(true)` follows
 * @param blocked (address, directive) a Content-Security-Policy forbids an address
 */
export function followPage({ wake, offline, leave, blocked }) {
  const events = [
    [page, "visibilitychange", () => page.hidden || wake()],
    [page, "resume", wake],
    [G, "online", wake],
    [G, "offline", offline],
    [G, "pagehide", ({ persisted }) => persisted && leave()],
    [G, "pageshow", ({ persisted }) => persisted && wake(true)],
    [page, "securitypolicyviolation", (event) => blocked(String(event.blockedURI), event.effectiveDirective)],
  ].filter(([target]) => target?.addEventListener);
  for (const [target, type, handler] of events) target.addEventListener(type, handler);
  return () => events.forEach(([target, type, handler]) => target.removeEventListener(type, handler));
}
