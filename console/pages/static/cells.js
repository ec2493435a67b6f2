// What stands in a cell of a grid. Cells are built as nodes with text, so whatever a name holds stays text.

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

/** A moment; the pointer shows UTC. */
export const moment = (params) => node(time(params.value), { title: utc(params.value) });

/** An amount in the row's currency. */
export const money = (params) => node(amount(params.value, params.data?.currency));

/** How rare a score is among genuine traffic, of its surprise: -log10 of the share that scores higher. */
export const rare = (params) =>
  node(params.value == null ? "" : rarity(10 ** -params.value), { title: "genuine payments that score as high" });

/** Who decided: an episode by its name, else the base, a list or a block. */
export const scorer = (params) => node(params.data?.episode || params.value, { title: params.value ?? "" });

/** A word with the colour of its meaning. */
export const tag = (params) => (params.value ? node(params.value, { kind: TAGS[params.value] ?? "tag" }) : node(""));

/** What became of an alert: its verdict where there is one. */
export const outcome = (params) => tag({ value: params.data?.verdict ?? params.data?.state });

/** The reason that weighs most; the pointer shows all. */
export function reason(params) {
  const texts = (params.value ?? []).map((one) => one.text);
  return node(texts[0] ?? "", { title: texts.join("\n") });
}

/** Tokens and ids, in figures of one width. */
export const token = (params) => node(masked(params.value), { kind: "mono", title: params.value ?? "" });

/** What an entry of the audit log says was there before or after. */
export const json = (params) => {
  const written = params.value == null ? "" : JSON.stringify(params.value);
  return node(written, { kind: "mono", title: written });
};
