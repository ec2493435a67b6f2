// Transactions gathered for an episode. The browser keeps them across pages.

const KEY = "flagfive.basket";
const MOST = 200; // more would not be a pattern of a few payments, and too long for an address

const read = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");

function write(ids) {
  localStorage.setItem(KEY, JSON.stringify(ids));
  dispatchEvent(new Event("basket"));
}

/** Ids gathered so far, in the order they were added. */
export const ids = () => read();

/** Add rows that are not in the basket yet, and return their number. */
export function add(rows) {
  const held = new Set(read());
  const before = held.size;
  for (const row of rows) if (held.size < MOST) held.add(row.transaction_id);
  write([...held]);
  return held.size - before;
}

export const clear = () => write([]);

// Tabs of the same browser share the basket.
addEventListener("storage", (event) => event.key === KEY && dispatchEvent(new Event("basket")));
