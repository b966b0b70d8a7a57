// JSON as a text for addresses: short, readable, and of characters that chats and mails leave in a link.
//
// `(boards:!((board:gainers),(board:small_caps` is {"boards":[{"board":"gainers"},{"board":"small_caps"}]}: brackets at
// the end are left out, since programs that find links in texts cut them off.

const WORDS = new Map([["!t", true], ["!f", false], ["!n", null]]);
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
/** What ends a number or a string. */
const END = /[(),:]|$/g;
/** JSON that is nested more deeply is none of ours. */
const DEEPEST = 12;

/**
 * @param {unknown} value JSON
 * @returns {string}
 */
export function compactText(value) {
  return written(value).replace(/\)+$/, "");
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function written(value) {
  if (Array.isArray(value)) return `!(${value.map(written).join(",")})`;
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return writtenString(value);
  if (typeof value !== "object" || value === null) return `!${String(value)[0]}`;
  const members = Object.entries(value).map(([key, member]) => `${writtenString(key)}:${written(member)}`);
  return `(${members.join(",")})`;
}

/** @param {string} text */
function writtenString(text) {
  // A tilde says that it is a string though it looks otherwise.
  const mark = text === "" || NUMBER.test(text) ? "~" : "";
  return mark + encodeURIComponent(text).replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

/**
 * What `compactText` has written.
 *
 * @param {string} text
 * @returns {any} undefined: it is none.
 */
export function readCompactText(text) {
  try {
    const reader = new Reader(text);
    const value = reader.value(0);
    return reader.isAtEnd ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads one value after the other. Its methods throw where the text is none of `compactText`. */
class Reader {
  #text;
  #at = 0;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  get isAtEnd() {
    return this.#at === this.#text.length;
  }

  /**
   * @param {number} depth
   * @returns {any}
   */
  value(depth) {
    if (depth > DEEPEST) throw new Error("nested too deeply");
    if (this.#takes("!(")) return this.#members(() => this.value(depth + 1));
    if (this.#takes("(")) {
      const members = this.#members(() => {
        const key = readString(this.#word());
        if (!this.#takes(":")) throw new Error("a colon is missing");
        return [key, this.value(depth + 1)];
      });
      // Not by assignment: a member may be called __proto__.
      return Object.fromEntries(members);
    }
    return readWord(this.#word());
  }

  /**
   * @template T
   * @param {() => T} member
   * @returns {T[]}
   */
  #members(member) {
    const members = [];
    while (!this.#takes(")") && !this.isAtEnd) {
      if (members.length > 0 && !this.#takes(",")) throw new Error("a comma is missing");
      members.push(member());
    }
    return members;
  }

  #word() {
    END.lastIndex = this.#at;
    const end = END.exec(this.#text)?.index ?? this.#text.length;
    const word = this.#text.slice(this.#at, end);
    this.#at = end;
    return word;
  }

  /** @param {string} sign */
  #takes(sign) {
    if (!this.#text.startsWith(sign, this.#at)) return false;
    this.#at += sign.length;
    return true;
  }
}

/** @param {string} word */
function readWord(word) {
  const known = WORDS.get(word);
  if (known !== undefined) return known;
  if (word === "") throw new Error("a value is missing");
  return NUMBER.test(word) ? Number(word) : readString(word);
}

/** @param {string} word */
function readString(word) {
  return decodeURIComponent(word.replace(/^~/, ""));
}
