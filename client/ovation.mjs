// The same as ovation.js, for `import { watch } from …`: one file that also runs as a plain script cannot export.
import "./ovation.js";

export const { watch, OvationError } = globalThis.Ovation;
