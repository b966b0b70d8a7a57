// What rows must be like to be shown. Kept by the browser and in the address, so that a view can be shared.

const STORED = "filters";

/** By the name of the filter, in the address as on the page: whether a row passes it. */
const TESTS = {
  min_price: (row, least) => row.close >= least,
  max_price: (row, most) => row.close <= most,
  // A float that nobody knows, which the core stores as 0, may be of any size.
  max_float: (row, most) => row.free_float > 0 && row.free_float <= most,
  min_relative_volume: (row, least) => row.relative_volume >= least,
  min_volume: (row, least) => row.accumulated_volume >= least,
};

const SCALE = { "": 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/** The number that a person means by `1.5M`, `200k`, `$12.30` or `1,000`; null: it is none. */
export function number(text) {
  const found = /^\$?\s*((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)\s*([kmbt]?)$/i.exec(text.trim());
  return found && Number(found[1].replaceAll(",", "")) * SCALE[found[2].toUpperCase()];
}

export class Filters {
  #form = document.getElementById("filters");
  #clear = document.getElementById("clear");
  #mistake = document.getElementById("mistake");
  #inputs = Object.keys(TESTS).map((name) => this.#form.elements.namedItem(name));
  #onChange;

  /** @param onChange called with a test for rows, at first and whenever the filters change. */
  constructor(onChange) {
    this.#onChange = onChange;
    const address = new URL(location.href).searchParams;
    const named = this.#inputs.some(({ name }) => address.has(name));
    const kept = named ? Object.fromEntries(address) : storage.browser.json(STORED) ?? {};
    for (const input of this.#inputs) {
      const text = kept[input.name];
      if (typeof text === "string") input.value = text;
      input.autocomplete = "off";
      input.spellcheck = false;
      input.size = 6;
    }
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("input", () => this.#changed());
    this.#form.addEventListener("reset", (event) => {
      // A reset would bring back what the page was loaded with.
      event.preventDefault();
      for (const input of this.#inputs) input.value = "";
      this.#changed();
    });
    this.#changed();
  }

  #changed() {
    const given = this.#inputs.filter((input) => input.value.trim() !== "");
    const wanted = new Map(given.map(({ name, value }) => [name, number(value)]));
    this.#check(wanted);
    this.#clear.disabled = given.length === 0;
    this.#keep(given);
    const tests = [...wanted].filter(([, limit]) => limit !== null);
    this.#onChange((row) => tests.every(([name, limit]) => TESTS[name](row, limit)));
  }

  #check(wanted) {
    let mistake = "";
    for (const input of this.#inputs) {
      const wrong = wanted.get(input.name) === null;
      input.classList.toggle("set", wanted.has(input.name));
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      if (wrong) mistake ||= `\u201c${input.value.trim()}\u201d is no number. Try 12.50, 200k or 1.5M.`;
    }
    const [least, most] = [wanted.get("min_price"), wanted.get("max_price")];
    if (!mistake && least != null && most != null && least > most) {
      mistake = "The lowest price is above the highest.";
    }
    if (this.#mistake.value !== mistake) this.#mistake.value = mistake;
  }

  #keep(given) {
    const texts = Object.fromEntries(given.map(({ name, value }) => [name, value.trim()]));
    storage.browser.set(STORED, JSON.stringify(texts));
    const url = new URL(location.href);
    for (const { name } of this.#inputs) {
      if (name in texts) url.searchParams.set(name, texts[name]);
      else url.searchParams.delete(name);
    }
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }
}
