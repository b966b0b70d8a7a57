// Numbers as traders read them: the same texts as the terminal's (watch/terminal/numbers.py).

/** Stands for a number that nobody knows. */
export const UNKNOWN = "-";

const UNITS = ["", "K", "M", "B", "T"];

/**
 * A number that is not negative, rounded by its exact value and a tie to the even digit, as Python does.
 *
 * @param {number} number
 * @param {number} digits
 */
function fixed(number, digits) {
  const text = number.toFixed(digits);
  // Only such a number lies exactly between two; toFixed takes the greater.
  const isTie = (number * 2 ** (digits + 1)) % 2 === 1;
  return isTie && "13579".includes(text.slice(-1)) ? (number - 10 ** -digits / 4).toFixed(digits) : text;
}

/**
 * With commas between thousands.
 *
 * @param {string} text a number that is not negative
 */
function grouped(text) {
  const [whole, ...fraction] = text.split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...fraction].join(".");
}

/**
 * @param {number | undefined} value
 * @returns {value is number}
 */
function isKnown(value) {
  return Number.isFinite(value);
}

/**
 * A magnitude with its sign. One that rounds to zero has none: the number neither rose nor fell as far as it is shown.
 *
 * @param {number} number
 * @param {string} magnitude as text
 */
function signed(number, magnitude) {
  if (!/[1-9]/.test(magnitude)) return magnitude;
  return (number < 0 ? "-" : "+") + magnitude;
}

/** @param {number} dollars */
function decimals(dollars) {
  return dollars < 1 ? 4 : 2;
}

/**
 * A number of shares, or an amount of dollars: `950`, `12.3M`. At most 6 characters.
 *
 * @param {number | undefined} number
 */
export function quantity(number) {
  if (!isKnown(number)) return UNKNOWN;
  let scaled = number;
  for (const unit of UNITS) {
    // As rounded: 999,990 is 1.0M and not 1000.0K.
    if (scaled < 999.95) return unit ? fixed(scaled, 1) + unit : fixed(scaled, 1).replace(/\.0$/, "");
    scaled /= 1000;
  }
  return number.toExponential(0).replace(/\+(\d)$/, "+0$1");
}

/**
 * A price in dollars: `12.34`, `0.1234` below a dollar, `1.2M` from a million. At most 10 characters.
 *
 * @param {number | undefined} dollars
 */
export function price(dollars) {
  if (!isKnown(dollars)) return UNKNOWN;
  if (dollars > 999_999.995) return quantity(dollars);
  return grouped(fixed(dollars, decimals(dollars)));
}

/**
 * A change in dollars, with a sign unless it rounds to zero, and with as many decimals as the price that it led to.
 *
 * @param {number | undefined} dollars
 * @param {number | undefined} close the price
 */
export function change(dollars, close) {
  if (!isKnown(dollars) || !isKnown(close)) return UNKNOWN;
  const magnitude = Math.abs(dollars);
  if (magnitude > 999_999.995) return signed(dollars, quantity(magnitude));
  return signed(dollars, grouped(fixed(magnitude, decimals(Math.max(magnitude, close)))));
}

/**
 * A change in percent: `+1.23%`, with a sign unless it rounds to zero. At most 10 characters.
 *
 * @param {number | undefined} number
 */
export function percent(number) {
  if (!isKnown(number)) return UNKNOWN;
  const magnitude = Math.abs(number);
  const text = magnitude >= 9_999.995 ? quantity(magnitude) : grouped(fixed(magnitude, 2));
  return `${signed(number, text)}%`;
}

/**
 * How many times as much: `2.35`. At most 6 characters.
 *
 * @param {number | undefined} number
 */
export function multiple(number) {
  if (!isKnown(number)) return UNKNOWN;
  return number < 999.995 ? fixed(number, 2) : quantity(number);
}

/**
 * A number of shares, or an amount of dollars, to the last one: `12,345,678`; `1.2T` from a trillion.
 *
 * @param {number | undefined} number
 */
export function count(number) {
  if (!isKnown(number)) return UNKNOWN;
  return number < 1e12 ? grouped(fixed(number, 0)) : quantity(number);
}

/**
 * A time span in the largest unit that says enough: `12 s`, `3 min`.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 120) return `${Math.trunc(seconds)} s`;
  if (seconds < 7_200) return `${Math.trunc(seconds / 60)} min`;
  if (seconds < 432_000) return `${Math.trunc(seconds / 3_600)} h`;
  return `${Math.trunc(seconds / 86_400)} days`;
}
