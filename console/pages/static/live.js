// Shows new rows automatically, or announces them while the viewer is reading.

import { busy, refresh } from "./grid.js";

const EVERY_MS = 2000;
let after = 0; // id of the newest alert seen; the first request only finds the end of the queue
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

/** Ask for new alerts, and show or announce them. */
export async function look(url) {
  if (document.hidden) return;
  const headers = { "X-Unattended": "1" }; // does not keep an idle session awake
  const response = await fetch(`${url}?after=${after}&limit=1`, { headers }).catch(() => null);
  if (response?.status === 401) location.assign("/sign-in?next=" + encodeURIComponent(location.pathname));
  if (!response?.ok) return; // the API is briefly away; the next request tries again
  const news = await response.json();
  after = Math.max(after, news.last_id);
  if (!news.total) return;
  waiting += news.total;
  if (busy()) return tell();
  refresh();
  shownAll();
}

/** Ask every two seconds while the page is open. */
export function follow(url) {
  setInterval(() => look(url), EVERY_MS);
  document.querySelector("[data-newest]")?.addEventListener("click", () => {
    refresh();
    shownAll();
  });
}
