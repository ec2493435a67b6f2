// The form sends name, password and code to the API, which sets the session cookie in this browser.

import "./first.js";

const form = document.querySelector("form");
const told = form.querySelector(".told");
const button = form.querySelector("button");
const code = form.querySelector("[data-code]");

const dark = matchMedia("(prefers-color-scheme: dark)");
function theme() {
  const chosen = /(?:^|; )theme=(dark|light)/.exec(document.cookie)?.[1];
  const isDark = chosen ? chosen === "dark" : dark.matches;
  document.body.className = isDark ? "body--dark" : "body--light";
}
theme();
dark.addEventListener("change", theme);

fetch("/api/v1/session/ways")
  .then((ways) => ways.json())
  .then((ways) => (form.querySelector("[data-provider]").hidden = !ways.provider))
  .catch(() => {}); // the form alone works too

/** The path to open afterwards, within the console only. */
function following() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

/** Count down on the button until the API answers again. */
function wait(seconds) {
  button.disabled = seconds > 0;
  button.textContent = seconds > 0 ? `Sign in (in ${seconds} s)` : "Sign in";
  if (seconds > 0) setTimeout(() => wait(seconds - 1), 1000);
}

function ask(fields) {
  const headers = { "Content-Type": "application/json" };
  return fetch("/api/v1/session", { method: "POST", headers, body: JSON.stringify(fields) }).catch(() => null);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  told.textContent = "";
  const fields = Object.fromEntries(new FormData(form));
  if (!fields.code) delete fields.code;
  const response = await ask(fields);
  if (response?.ok) return location.assign(following());
  const detail = (await response?.json().catch(() => null))?.detail;
  wait(Math.min(Number(response?.headers.get("Retry-After") ?? 0), 900));
  if (detail?.where === "code") return askForCode(detail.what);
  told.textContent = response
    ? (detail?.what ?? `Not signed in (${response.status}).`)
    : "The console does not answer. Try again in a moment.";
  form.elements.password.value = "";
  form.elements.password.focus();
});

function askForCode(what) {
  told.textContent = code.hidden ? "" : what;
  code.hidden = false;
  form.elements.code.required = true;
  form.elements.code.value = "";
  form.elements.code.focus();
}
