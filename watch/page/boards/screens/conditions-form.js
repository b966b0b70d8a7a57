// The conditions of a screen, each a line of the form: field, operator, number or field.

import { make, makeText } from "../../elements.js";
import { OPERATORS, readCondition } from "./draft.js";

/** @import { Field } from "../../declarations.js" */

/** Says whenever the user changes one. */
export class ConditionsForm {
  element = make("fieldset", "conditions");
  #fields;
  #onChange;
  #lines = make("ul");

  /**
   * @param {Field[]} fields that conditions can test
   * @param {() => void} onChange
   */
  constructor(fields, onChange) {
    this.#fields = fields;
    this.#onChange = onChange;
    const add = makeText("button", "", "Add a condition");
    add.type = "button";
    add.addEventListener("click", () => {
      const line = this.#line("close >= 1");
      this.#lines.append(line);
      line.querySelector("select")?.focus();
      onChange();
    });
    this.element.append(makeText("legend", "", "Conditions, all of which hold"), this.#lines, add);
  }

  /** The conditions as texts; those without a right side are left out. */
  get texts() {
    return [...this.#lines.children].flatMap((line) => {
      const [field, operator, right] = [...line.querySelectorAll("select, input")].map((each) => {
        return each instanceof HTMLSelectElement || each instanceof HTMLInputElement ? each.value.trim() : "";
      });
      return right ? [`${field} ${operator} ${right}`] : [];
    });
  }

  /** @param {string[]} texts conditions */
  show(texts) {
    this.#lines.replaceChildren(...texts.map((text) => this.#line(text)));
  }

  /** @param {string} text of a condition */
  #line(text) {
    const { field, operator, right } = readCondition(text) ?? { field: "close", operator: ">=", right: "" };
    const line = make("li");
    const fields = select("Field", this.#fields.map(({ name, title }) => [name, title]), field);
    const operators = select("Comparison", OPERATORS.map((each) => [each, each]), operator);
    const value = make("input", "", {
      "aria-label": "Number, or a field, or a number times a field",
      placeholder: "2, 20M or 0.99 * day_high",
      autocomplete: "off",
      spellcheck: "false",
      size: "14",
    });
    value.value = right;
    const remove = make("button", "plain icon", { type: "button", "aria-label": "Remove this condition" });
    remove.textContent = "\u00d7";
    remove.addEventListener("click", () => {
      const next = line.nextElementSibling ?? line.previousElementSibling;
      line.remove();
      const focus = next?.querySelector("button") ?? this.element.querySelector(":scope > button");
      if (focus instanceof HTMLElement) focus.focus();
      this.#onChange();
    });
    line.append(fields, operators, value, remove);
    return line;
  }
}

/**
 * A list to choose from.
 *
 * @param {string} label
 * @param {string[][]} options values with their texts
 * @param {string} chosen value
 */
export function select(label, options, chosen) {
  const made = make("select", "", { "aria-label": label });
  for (const [value, text] of options) {
    const option = makeText("option", "", text);
    option.value = value;
    made.append(option);
  }
  made.value = chosen;
  return made;
}
