// Completion of names in the condition of a rule. The names come from the API, once a page.

const MOST = 8;
const WORD = /[A-Za-z_][A-Za-z0-9_.]*$/;
const LIST = "completion";

let names = null; // promise of [{ name, type, words }]
let shown = null; // { field, rows, at, begin }

const fieldOf = (event) => (event.target?.matches?.("textarea[data-completes], [data-completes] textarea") ? event.target : null);

async function load() {
  const response = await fetch("/api/v1/rules/names", { headers: { Accept: "application/json" } });
  return response.ok ? (await response.json()).rows : [];
}

/** The word before the caret, or nothing inside a string. */
function wordBefore(field) {
  const before = field.value.slice(0, field.selectionStart);
  if ((before.match(/(?<!\\)["']/g) ?? []).length % 2) return "";
  return before.match(WORD)?.[0] ?? "";
}

async function suggest(field) {
  names ??= load();
  const all = await names;
  const word = wordBefore(field);
  const small = word.toLowerCase();
  const begins = all.filter((one) => one.name.toLowerCase().startsWith(small));
  const holds = all.filter((one) => !begins.includes(one) && one.name.toLowerCase().includes(small));
  const rows = [...begins, ...holds].slice(0, MOST);
  if (!word || document.activeElement !== field || rows.some((one) => one.name === word)) return close();
  if (rows.length) open(field, rows, field.selectionStart - word.length);
  else close();
}

function open(field, rows, begin) {
  close();
  const list = document.createElement("ul");
  list.id = LIST;
  list.className = "completion";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Names");
  rows.forEach((row, place) => list.append(option(row, place)));
  const place = field.getBoundingClientRect();
  list.style.left = `${place.left + scrollX}px`;
  list.style.top = `${place.bottom + scrollY + 4}px`;
  list.style.width = `${place.width}px`;
  document.body.append(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", LIST);
  shown = { field, rows, at: 0, begin };
  mark();
}

function option(row, place) {
  const item = document.createElement("li");
  item.id = `${LIST}-${place}`;
  item.setAttribute("role", "option");
  const name = document.createElement("code");
  name.textContent = row.name;
  const words = document.createElement("span");
  words.textContent = row.words;
  item.append(name, words);
  item.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    accept(place);
  });
  return item;
}

function mark() {
  document.querySelectorAll(`#${LIST} li`).forEach((item, place) => item.setAttribute("aria-selected", place === shown.at));
  shown.field.setAttribute("aria-activedescendant", `${LIST}-${shown.at}`);
}

function accept(place) {
  const { field, rows, begin } = shown;
  field.setRangeText(rows[place].name, begin, field.selectionStart, "end");
  close();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  document.getElementById(LIST)?.remove();
  shown?.field.removeAttribute("aria-activedescendant");
  shown?.field.removeAttribute("aria-controls");
  shown = null;
}

const KEYS = {
  ArrowDown: () => (shown.at = (shown.at + 1) % shown.rows.length),
  ArrowUp: () => (shown.at = (shown.at + shown.rows.length - 1) % shown.rows.length),
  Enter: () => accept(shown.at),
  Tab: () => accept(shown.at),
  Escape: close,
};

addEventListener("input", (event) => fieldOf(event) && event.isTrusted && suggest(event.target));
addEventListener("focusout", (event) => fieldOf(event) && close());
addEventListener(
  "keydown",
  (event) => {
    if (!shown || !fieldOf(event) || !KEYS[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
    if (shown) mark();
  },
  true,
);
