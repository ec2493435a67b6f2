// A grid that loads its rows from the API, with focus and selection.

let shown = null; // the page's grid: { api, current: id of the row in focus, index: its place }

const query = (url, extra) => {
  const full = new URL(url, location.origin);
  for (const [key, value] of Object.entries(extra)) if (value !== "" && value != null) full.searchParams.set(key, value);
  return full;
};

async function fetched(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (response.status === 401) location.assign("/sign-in?next=" + encodeURIComponent(location.pathname));
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
  return response.json();
}

/** A source of rows for AG Grid's infinite model; the API sorts. */
export function source(url) {
  return {
    async getRows(params) {
      const [sorted] = params.sortModel;
      const sort = sorted ? (sorted.sort === "desc" ? "-" : "") + sorted.colId : "";
      try {
        const page = await fetched(query(url, { offset: params.startRow, limit: params.endRow - params.startRow, sort }));
        params.successCallback(page.rows, page.total);
        told(page.total);
      } catch (error) {
        params.failCallback();
        emitEvent("grid_failed", { message: String(error.message) });
      }
    },
  };
}

function told(total) {
  for (const place of document.querySelectorAll("[data-total]")) place.textContent = total.toLocaleString("en");
  document.querySelector("[data-empty]")?.toggleAttribute("hidden", total > 0);
}

/** Called by AG Grid when the grid is ready; follows the row in focus. */
export function ready(event) {
  const api = event.api;
  shown = { api, current: null, index: 0 };
  api.addEventListener("cellFocused", focused);
  api.addEventListener("modelUpdated", keepFocus);
  api.addEventListener("rowDoubleClicked", ({ data }) => data && open(data));
}

function focused({ rowIndex }) {
  const row = shown.api.getDisplayedRowAtIndex(rowIndex);
  if (row?.data) take(row);
}

function take(row) {
  shown.index = row.rowIndex;
  if (shown.current !== row.id) emitEvent("row_in_focus", { transaction_id: row.data.transaction_id });
  shown.current = row.id;
}

// When new rows arrive, the focus stays on its row, or on its index if the row is gone.
function keepFocus() {
  if (shown.current == null) return;
  const kept = shown.api.getRowNode(shown.current);
  const index = kept?.rowIndex ?? shown.index;
  if (shown.api.getFocusedCell()?.rowIndex !== index || !kept) focus(index);
}

function focus(index) {
  const { api } = shown;
  const row = api.getDisplayedRowAtIndex(index);
  if (!row?.data) return;
  take(row); // at once: the grid reports focus late, and the next key may already be pressed
  api.ensureIndexVisible(index);
  api.setFocusedCell(index, api.getAllDisplayedColumns()[0]);
}

/** Move the focus by some rows; the first move goes to the first row. */
export function move(by) {
  if (!shown) return;
  focus(shown.current == null ? 0 : Math.max(0, shown.index + by));
}

/** Select or deselect the row in focus. */
export function select() {
  const kept = shown?.current != null && shown.api.getRowNode(shown.current);
  if (kept) kept.setSelected(!kept.isSelected());
}

/** The selected rows, or the row in focus if none is selected. */
export function chosen() {
  if (!shown) return [];
  const selected = shown.api.getSelectedRows();
  if (selected.length) return selected;
  const kept = shown.current != null && shown.api.getRowNode(shown.current);
  return kept?.data ? [kept.data] : [];
}

export function open(row) {
  location.assign("/transactions/" + encodeURIComponent(row.transaction_id));
}

/** Load the rows again, with nothing selected. */
export function refresh() {
  shown?.api.deselectAll();
  shown?.api.refreshInfiniteCache();
}

/** Whether the viewer has selected rows or scrolled, so that rows must not move. */
export function busy() {
  return !shown || shown.api.getSelectedRows().length > 0 || shown.index > 0 || shown.api.getVerticalPixelRange().top > 0;
}
