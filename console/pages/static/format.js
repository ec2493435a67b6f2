// How values read: times in the viewer's zone, amounts in their currency, rarities in words.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" };
const clock = new Intl.DateTimeFormat("en-GB", parts);
const yearly = new Intl.DateTimeFormat("en-GB", { ...parts, second: undefined, year: "numeric" });
const currencies = new Map();

/** Seconds since 1970 in the viewer's zone, the year in place of seconds where it is another. */
export function time(seconds) {
  if (seconds == null) return "";
  const moment = new Date(seconds * 1000);
  return (moment.getFullYear() === new Date().getFullYear() ? clock : yearly).format(moment);
}

/** The same moment in UTC, for those who compare with logs. */
export const utc = (seconds) =>
  seconds == null ? "" : new Date(seconds * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");

/** An amount in its currency; a code that is no currency stands as it came. */
export function amount(value, currency) {
  if (value == null) return "";
  if (!/^[A-Z]{3}$/.test(currency ?? "")) return number.format(value);
  if (!currencies.has(currency)) {
    currencies.set(currency, new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" }));
  }
  return currencies.get(currency).format(value);
}

/** A masked token with its mask cut short; the end is what people compare. */
export const masked = (token) => (token ?? "").replace(/\*{4,}/g, "••••");

/** A share of genuine traffic as «1 in N». */
export const rarity = (tail) => (tail > 0 ? `1 in ${compact.format(1 / tail)}` : "");
