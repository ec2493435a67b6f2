// Formats times, amounts and rarities.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" };
const clock = new Intl.DateTimeFormat("en-GB", parts);
const yearly = new Intl.DateTimeFormat("en-GB", { ...parts, second: undefined, year: "numeric" });
const currencies = new Map();

/** Format seconds since 1970 in the viewer's zone; another year replaces the seconds. */
export function time(seconds) {
  if (seconds == null) return "";
  const moment = new Date(seconds * 1000);
  return (moment.getFullYear() === new Date().getFullYear() ? clock : yearly).format(moment);
}

/** Format seconds since 1970 in UTC, to compare with logs. */
export const utc = (seconds) =>
  seconds == null ? "" : new Date(seconds * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");

/** Format an amount in its currency; without a valid code, as a plain number. */
export function amount(value, currency) {
  if (value == null) return "";
  if (!/^[A-Z]{3}$/.test(currency ?? "")) return number.format(value);
  if (!currencies.has(currency)) {
    currencies.set(currency, new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" }));
  }
  return currencies.get(currency).format(value);
}

/** Shorten the mask of a token; people compare its end. */
export const masked = (token) => (token ?? "").replace(/\*{4,}/g, "••••");

/** Format a share of genuine traffic as «1 in N». */
export const rarity = (tail) => (tail > 0 ? `1 in ${compact.format(1 / tail)}` : "");
