// A rule of alerts made of a board or screen, as the text that goes into the file of rules.

/**
 * What a rule is made of.
 *
 * @typedef {object} RuleSource
 * @property {string} title
 * @property {string | null} board the board whose first places it calls for; null: its conditions alone
 * @property {string[]} where conditions, all of which hold
 * @property {string[]} hours of `pre`, `regular`, `post`; none: all
 */

/** Places of a board that its rule calls for. */
export const PLACES = 10;

/**
 * The rule in TOML.
 *
 * @param {RuleSource} source
 */
export function ruleText({ title, board, where, hours }) {
  const lines = [
    "[[alert]]",
    `name = ${quoted(ruleName(title))}`,
    `title = ${quoted(title)}`,
    ...(board === null ? [] : [`event = ${quoted(`enters:${board}:${PLACES}`)}`]),
    ...(where.length > 0 ? [`${board === null ? "when" : "where"} = ${list(where)}`] : []),
    ...(hours.length > 0 ? [`hours = ${list(hours)}`] : []),
    "hold = 5        # seconds for which all of it has to hold",
    "cooldown = 600  # seconds, for each symbol",
  ];
  return `${lines.join("\n")}\n`;
}

/** @param {string} title */
function ruleName(title) {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return name.slice(0, 64) || "rule";
}

/** @param {string[]} texts */
function list(texts) {
  const [only, ...more] = texts.map(quoted);
  return more.length === 0 ? `[${only}]` : `[\n${texts.map((text) => `    ${quoted(text)},\n`).join("")}]`;
}

/**
 * A string of TOML, which escapes as JSON does, but for one character that JSON leaves.
 *
 * @param {string} text
 */
function quoted(text) {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
