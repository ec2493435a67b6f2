// Keyboard shortcuts. They are off while a field has the focus or a dialog is open.

import * as grid from "./grid.js";
import { act } from "./acting.js";

const KEYS = {
  j: () => grid.move(1),
  k: () => grid.move(-1),
  x: () => grid.select(),
  f: () => act("fraud"),
  g: () => act("genuine"),
  e: () => act("episode"),
  a: () => act("assign"),
  s: () => act("snooze"),
  c: () => act("case"),
  n: () => grid.refresh(),
  Enter: () => act("open"),
  "/": () => document.querySelector("[data-search] input, input[data-search]")?.focus(),
  "?": () => emitEvent("help", {}),
};

const typing = (element) => element?.closest?.("input, textarea, select, [contenteditable], .q-dialog");
const pressing = (element) => element?.closest?.("button, a");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "Enter" && pressing(event.target)) return;
  const chosen = KEYS[event.key];
  if (!chosen || document.querySelector(".q-dialog__inner")) return;
  event.preventDefault();
  chosen();
});
