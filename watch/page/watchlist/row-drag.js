// Rows of the watchlist are dragged to another place: by mouse anywhere, by finger or pen at their grip.

/** A pointer that moves by less has clicked. */
const SLOP_PX = 5;
/** So near to the end of what is seen, the list scrolls. */
const EDGE_PX = 24;

/** One drag at a time. */
export class RowDrag {
  #body;
  #onDrop;
  /** The row that is pressed or dragged. @type {HTMLElement | null} */
  #row = null;
  #isDragged = false;
  /** Where the pointer was pressed, CSS pixels. */
  #from = 0;
  /** The row before or behind which it is dropped. @type {HTMLElement | null} */
  #target = null;

  /**
   * @param {HTMLElement} body holds the rows
   * @param {(row: HTMLElement, step: number) => void} onDrop called with by how many places a row is moved
   */
  constructor(body, onDrop) {
    this.#body = body;
    this.#onDrop = onDrop;
    body.addEventListener("pointerdown", (event) => this.#press(event));
    body.addEventListener("pointermove", (event) => this.#move(event));
    body.addEventListener("pointerup", () => this.#drop());
    body.addEventListener("pointercancel", () => this.#end());
    // Escape leaves the row where it was, and whatever else is open.
    body.ownerDocument.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#isDragged) return;
      event.stopPropagation();
      event.preventDefault();
      this.#end();
    }, { capture: true });
  }

  /** @param {PointerEvent} event */
  #press({ target, button, pointerType, clientY }) {
    if (!(target instanceof Element) || button !== 0) return;
    const isGrip = target.closest(".row-grip") !== null;
    if (!isGrip && (pointerType !== "mouse" || target.closest("button"))) return;
    this.#row = /** @type {HTMLElement | null} */ (target.closest(".watch-row"));
    this.#from = clientY;
  }

  /** @param {PointerEvent} event */
  #move({ clientY, pointerId, buttons }) {
    if (!this.#row) return;
    if (buttons === 0) {
      this.#end();
      return;
    }
    if (!this.#isDragged && Math.abs(clientY - this.#from) < SLOP_PX) return;
    if (!this.#isDragged) {
      this.#isDragged = true;
      // From here on there is no click, which would select the row.
      this.#body.setPointerCapture(pointerId);
      this.#row.classList.add("dragged");
    }
    const { top, bottom } = this.#body.getBoundingClientRect();
    if (clientY < top + EDGE_PX) this.#body.scrollTop -= EDGE_PX / 3;
    if (clientY > bottom - EDGE_PX) this.#body.scrollTop += EDGE_PX / 3;
    this.#aim(clientY);
  }

  /** @param {number} y CSS pixels */
  #aim(y) {
    const rows = /** @type {HTMLElement[]} */ ([...this.#body.children]);
    const below = rows.findIndex((row) => row.getBoundingClientRect().bottom > y);
    this.#unmark();
    this.#target = rows[below < 0 ? rows.length - 1 : below] ?? null;
    const step = this.#step();
    if (step !== 0) this.#target?.classList.add(step < 0 ? "drop-before" : "drop-behind");
  }

  #step() {
    const rows = [...this.#body.children];
    return this.#row && this.#target ? rows.indexOf(this.#target) - rows.indexOf(this.#row) : 0;
  }

  #drop() {
    const [row, step] = [this.#row, this.#step()];
    const wasDragged = this.#isDragged;
    this.#end();
    if (row && wasDragged && step !== 0) this.#onDrop(row, step);
  }

  #unmark() {
    this.#target?.classList.remove("drop-before", "drop-behind");
  }

  #end() {
    this.#row?.classList.remove("dragged");
    this.#unmark();
    this.#row = this.#target = null;
    this.#isDragged = false;
  }
}
