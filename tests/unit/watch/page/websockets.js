// A browser's WebSocket to a gateway that says what a test has it say.

/** The sockets that were opened, the newest last. @type {FakeSocket[]} */
export const sockets = [];

/** As the browser's, with the gateway's end. */
export class FakeSocket extends EventTarget {
  static OPEN = 1;
  readyState = 0;
  /** What was sent, parsed. @type {any[]} */
  sent = [];

  /** @param {URL} address */
  constructor(address) {
    super();
    this.address = address;
    sockets.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  /** Closed by the page: browsers tell it later. */
  close() {
    this.readyState = 3;
  }

  // --- the gateway's end

  accept() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** @param {object} message */
  say(message) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }

  lose() {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }

  /** What was sent since this was asked last. */
  take() {
    return this.sent.splice(0);
  }
}

/** The newest socket, once it is open. */
export function connected() {
  const socket = /** @type {FakeSocket} */ (sockets.at(-1));
  socket.accept();
  socket.say({ status: "hello", envelope: true });
  socket.take();
  return socket;
}
