/* Refusals, and the checks that the server makes, as far as they are the same everywhere. */
import { page } from "./page.js";

const FIELDS = ["code", "detail", "field", "id", "retry_after_ms", "close", "status"];

/** Why something was refused, or a connection closed for good. `code` is for programs. */
export class OvationError extends Error {
  constructor(problem) {
    super(String(problem.detail || problem.code));
    this.name = "OvationError";
    for (const field of FIELDS) if (problem[field] !== undefined) this[field] = problem[field];
  }
}

export const invalid = (field, what) => new OvationError({ code: "invalid", field, detail: `${field}: ${what}` });

/** Lengths are in code points, of the normalized form. */
export function check(field, value, most) {
  if (typeof value !== "string") throw invalid(field, "must be a string");
  /* Normalizing shortens a text to an eighth at most, and takes time. */
  const length = value.length > 8 * most ? Infinity : [...value.normalize()].length;
  if (length < 1 || length > most) throw invalid(field, `must be 1-${most} characters`);
  if (/[\ud800-\udfff]/u.test(value)) throw invalid(field, "has half of a surrogate pair");
  if (!value.trim()) throw invalid(field, "is blank");
}

export function checkStream(stream) {
  if (typeof stream !== "string" || !/^(?!\.\.?$)[\w.:-]{1,128}$/.test(stream)) {
    throw invalid("stream", "must be 1-128 of A-Z a-z 0-9 . _ : -");
  }
}

/** An offset, or a number of comments; both may be absent. */
export function checkCount(field, value, most) {
  if (value != null && !(Number.isInteger(value) && value >= 0 && value <= most)) {
    throw invalid(field, `must be 0-${most}`);
  }
}

/** A copy, which is sent as it is now however the application changes its object. */
export function checkMeta(meta) {
  let json;
  try {
    json = JSON.stringify(meta);
  } catch {
    /* A ring, or a BigInt. */
  }
  if (!/^{/.test(json) || new TextEncoder().encode(json).length > 1024) throw invalid("meta", "must be an object of at most 1 KiB");
  return JSON.parse(json);
}

/** An address as `https://host/path`, without a slash at its end. */
export function address(text) {
  let url = null;
  try {
    url = new URL(text, page && /^\.{0,2}\//.test(text) ? page.baseURI : undefined);
  } catch {
    /* Refused below. */
  }
  if (!url || !/^(http|ws)s?:$/.test(url.protocol)) {
    throw invalid("url", `must begin with https: or http:, not "${text}"`);
  }
  const plain = /^(http|ws):$/.test(url.protocol) && !/^(localhost$|127\.|\[::1\])/.test(url.hostname);
  if (plain && page && location.protocol === "https:") {
    const detail = `a page of https cannot connect to ${text}`;
    throw new OvationError({ code: "blocked", field: "url", detail });
  }
  return `${url.protocol}//${url.host}${url.pathname}`
    .replace(/^ws/, "http")
    .replace(/\/+$/, "");
}
