// Actions of keys and buttons on the chosen rows. The server gets their ids and checks the rights.

import * as basket from "./basket.js";
import * as grid from "./grid.js";

const HERE = {
  open: (rows) => grid.open(rows[0]),
  episode: (rows) => basket.add(rows),
};

/** Apply an action to the selected rows, to the row in focus, or to the transaction of this page. */
export function act(what) {
  const own = document.querySelector("[data-transaction]")?.dataset;
  const rows = own ? [{ id: own.alert ? Number(own.alert) : null, transaction_id: own.transaction }] : grid.chosen();
  if (!rows.length || (own && what === "open")) return;
  if (HERE[what]) return HERE[what](rows);
  emitEvent("act", { what, ids: rows.map((row) => row.id), transactions: rows.map((row) => row.transaction_id) });
}
