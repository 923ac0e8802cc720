/* Time and numbers that nothing from outside can push beyond their bounds. */

/** Monotonic: the wall clock may jump. */
export const now = () => performance.now();

/** A number within bounds; `otherwise` for what is no number, or below `least`. */
export const bounded = (value, least, most, otherwise) =>
  typeof value === "number" && value >= least ? Math.min(value, most) : otherwise;

/** What an exception says, whatever was thrown. */
export const why = (e) => e?.message || e;

const LATE = "no answer in time";

/** A promise of `work()` that settles after `ms` at the latest. */
export const within = (ms, work) =>
  new Promise((done, failed) => {
    const timer = setTimeout(failed, ms, { code: "timeout", detail: LATE, message: LATE });
    Promise.resolve().then(work).then(done, failed).finally(() => clearTimeout(timer));
  });

/** A promise whose failure may be ignored: in Node.js an unhandled one would end the process. */
export const ignorable = (promise) => {
  promise.catch(() => {});
  return promise;
};

const part = () => Math.random().toString(36).slice(2);
export const randomId = () => part() + part() + part();
