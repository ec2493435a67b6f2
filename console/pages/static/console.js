// Everything that pages use in the browser, under one name.

import { act } from "./acting.js";
import * as basket from "./basket.js";
import * as cells from "./cells.js";
import "./completion.js";
import "./connecting.js";
import * as format from "./format.js";
import * as grid from "./grid.js";
import "./keys.js";
import * as lists from "./lists.js";
import * as live from "./live.js";

window.flagfive = { act, basket, cells, format, grid, lists, live };
