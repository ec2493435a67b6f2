// Transactions gathered for an episode, kept by the browser so that they last from page to page.

const KEY = "flagfive.basket";
const MOST = 200; // more flags than that are no pattern of a few, and too long for an address

const read = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");

function write(ids) {
  localStorage.setItem(KEY, JSON.stringify(ids));
  dispatchEvent(new Event("basket"));
}

/** Ids gathered so far, in the order they were added. */
export const ids = () => read();

/** Add rows; those already there are passed over. Returns how many were new. */
export function add(rows) {
  const held = new Set(read());
  const before = held.size;
  for (const row of rows) if (held.size < MOST) held.add(row.transaction_id);
  write([...held]);
  return held.size - before;
}

export const clear = () => write([]);

// Another tab of the same person gathers into the same basket.
addEventListener("storage", (event) => event.key === KEY && dispatchEvent(new Event("basket")));
