/* Built from client/src by `npm run build` in src/test/js. */
import { OvationError } from "./problem.js";
import { watch } from "./watch.js";

const Ovation = { watch, OvationError };
globalThis.Ovation = Ovation;
if (typeof module === "object" && module.exports) module.exports = Ovation;
