// Cells of grids. They are text nodes, so names and ids are never read as markup.

import { amount, masked, rarity, time, utc } from "./format.js";

function node(text, { kind = "", title = "" } = {}) {
  const made = document.createElement("span");
  made.textContent = text ?? "";
  if (kind) made.className = kind;
  if (title) made.title = title;
  return made;
}

const TAGS = {
  fraud: "tag fraud", decline: "tag fraud", confirmed: "tag fraud", genuine: "tag genuine", rejected: "tag genuine",
  live: "tag live", review: "tag watch", snoozed: "tag watch", waiting: "tag watch", shadow: "tag accent", assigned: "tag accent",
};

/** A time, with UTC as a tooltip. */
export const moment = (params) => node(time(params.value), { title: utc(params.value) });

/** The deadline of an alert's case, marked when it is past. */
export const due = (params) => {
  if (params.value == null) return node("");
  const late = params.value < Date.now() / 1000;
  return node((late ? "overdue " : "") + time(params.value), { kind: late ? "tag fraud" : "", title: utc(params.value) });
};

/** An amount in the row's currency. */
export const money = (params) => node(amount(params.value, params.data?.currency));

/** Rarity of a score, from its surprise: -log10 of the share of genuine traffic that scores higher. */
export const rare = (params) =>
  node(params.value == null ? "" : rarity(10 ** -params.value), { title: "share of genuine payments that score as high" });

/** The scorer: an episode by name, or the base, a list or a block. */
export const scorer = (params) => node(params.data?.episode || params.value, { title: params.value ?? "" });

/** A word with the colour of its meaning. */
export const tag = (params) => (params.value ? node(params.value, { kind: TAGS[params.value] ?? "tag" }) : node(""));

/** The verdict of an alert, or its state if there is none. */
export const outcome = (params) => tag({ value: params.data?.verdict ?? params.data?.state });

/** The strongest reason, with all reasons as a tooltip. */
export function reason(params) {
  const texts = (params.value ?? []).map((one) => one.text);
  return node(texts[0] ?? "", { title: texts.join("\n") });
}

/** Tokens and ids, in a monospaced font. */
export const token = (params) => node(masked(params.value), { kind: "mono", title: params.value ?? "" });

/** The state before or after, in an entry of the audit log. */
export const json = (params) => {
  const written = params.value == null ? "" : JSON.stringify(params.value);
  return node(written, { kind: "mono", title: written });
};
