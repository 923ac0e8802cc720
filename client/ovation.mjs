// The same as ovation.js, for `import { watch } from …`: one file that also runs as a plain script cannot export.
import "./ovation.js";

const { Ovation } = globalThis;
// Loaded from a server, this file knows the address; bundled into another, it does not.
const served = /^https?:.*\/ovation\.mjs$/.test(String(import.meta.url).split(/[?#]/)[0]);
const here = served ? new URL(".", import.meta.url).href : undefined;

export const { OvationError } = Ovation;
export const watch = (options) => Ovation.watch({ ...options, url: options.url || here });
