// New rows by themselves: shown at once where nobody is reading, told of where somebody is.

import { busy, refresh } from "./grid.js";

const EVERY_MS = 2000;
let after = 0; // the alert seen last; the first look only asks where the queue ends
let waiting = 0;

function tell() {
  const pill = document.querySelector("[data-newest]");
  if (!pill) return;
  pill.hidden = waiting === 0;
  pill.textContent = waiting === 1 ? "1 new alert" : `${waiting.toLocaleString("en")} new alerts`;
}

function shownAll() {
  waiting = 0;
  tell();
}

/** Ask for what came since the last look, and show it or say so. */
export async function look(url) {
  if (document.hidden) return;
  const response = await fetch(`${url}?after=${after}&limit=1`).catch(() => null);
  if (!response?.ok) return; // away for a moment: the next look asks again
  const news = await response.json();
  after = Math.max(after, news.last_id);
  if (!news.total) return;
  waiting += news.total;
  if (busy()) return tell();
  refresh();
  shownAll();
}

/** Look every two seconds, as long as the page is open. */
export function follow(url) {
  setInterval(() => look(url), EVERY_MS);
  document.querySelector("[data-newest]")?.addEventListener("click", () => {
    refresh();
    shownAll();
  });
}
