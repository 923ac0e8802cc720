/* The addresses of the regions, in order of preference, and the one in use. */
import { now } from "./limits.js";

/* A region that does not answer for this time is left. */
const SILENT_MS = 10000;

export function sites(urls) {
  let site = 0;
  /* The one that worked, while a better one is tried. */
  let back = 0;
  let answered = false;
  let heardAt = now();

  const silence = () => now() - heardAt;

  return {
    get url() { return urls[site]; },

    heard() {
      heardAt = now();
    },

    /** The viewer watches. */
    works() {
      heardAt = now();
      answered = true;
      back = 0;
    },

    /** How long an attempt may take, in ms. */
    patience(ms) {
      return urls.length > 1 ? Math.max(1000, Math.min(ms, SILENT_MS - silence())) : ms;
    },

    /** A reconnect is due anyway: time to look whether the first address is back. */
    preferFirst() {
      [site, back] = [0, site];
    },

    /**
     * After a lost connection or a failed attempt: moves on if it is time to.
     *
     * @return how long to wait at most, in ms
     */
    next(short) {
      if (back) {
        [site, back] = [back, 0];
        return short;
      }
      if (urls.length < 2) return Infinity;
      const left = SILENT_MS - silence();
      if (left > 0 && answered) return left;
      site = (site + 1) % urls.length;
      heardAt = now();
      return answered || site ? short : Infinity;
    },
  };
}
