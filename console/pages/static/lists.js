// Sends the CSV file of the page's file field to a list. The API checks it; the page shows the answer.

/** Read the chosen file and import it; `replace` takes off what it lacks. */
export async function importFile(name, replace) {
  const field = document.querySelector("input[data-import]");
  const file = field?.files?.[0];
  if (!file) return say("Choose a CSV file.", true);
  try {
    const found = await send(name, { csv: await file.text(), replace, source: file.name.slice(0, 64) });
    if (found.bad_lines) return say(`nothing is imported. ${wrong(found)}`, true);
    field.value = "";
    say(`${found.values.toLocaleString("en")} values: ${found.message || found.status}`, false);
  } catch (error) {
    say(String(error.message), true);
  }
}

const wrong = ({ bad, bad_lines }) =>
  `${bad_lines} lines are wrong: ${bad.slice(0, 5).map(({ line, problem }) => `line ${line}: ${problem}`).join("; ")}`;

const say = (message, failed) => emitEvent("list_imported", { message, failed });

async function send(name, body) {
  const session = await (await fetch("/api/v1/session")).json();
  const response = await fetch(`/api/v1/lists/${encodeURIComponent(name)}/import`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": session.csrf },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const detail = answer.detail;
  throw new Error(detail?.what ? `${detail.what}` : `the console's API answered ${response.status}`);
}
