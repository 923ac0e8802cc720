/* The entry of `ovation.js`, for scripts, modules and (by the footer that build.mjs adds) require(). */
import { OvationError } from "./problem.js";
import { watch } from "./watch.js";

globalThis.Ovation = { watch, OvationError };
