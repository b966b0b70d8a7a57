// Notifications, where browsers have them for pages, and where not.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Notifications } from "../../../../watch/page/alerts/notifications.js";

/** @type {string[]} */
let shown = [];

class Shown extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";

  /** @param {string} text */
  constructor(text) {
    super();
    shown.push(text);
  }
}

/** As browsers of Android have it. */
class Illegal {
  static permission = "granted";

  constructor() {
    throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
  }
}

/** @param {any} notification the browser's class; undefined: it has none */
function browser(notification, isSecureContext = true) {
  const has = notification ? { Notification: notification } : {};
  Object.assign(globalThis, has, { window: { isSecureContext, ...has } });
}

afterEach(() => {
  shown = [];
  for (const name of ["window", "Notification"]) Reflect.deleteProperty(globalThis, name);
});

test("whoever turns them on sees one", async () => {
  browser(Shown);
  const notifications = new Notifications();
  assert.equal(await notifications.ask(), true);
  assert.equal(notifications.obstacle, "");
  assert.deepEqual(shown, ["Alerts are shown like this."]);
});

test("a browser that refuses them to pages says so, and breaks nothing", async () => {
  browser(Illegal);
  const notifications = new Notifications();
  assert.equal(await notifications.ask(), false);
  assert.match(notifications.obstacle, /does not let pages notify/);
  assert.equal(notifications.areAllowed, false);
});

test("an alert in such a browser breaks nothing either", () => {
  browser(Illegal);
  const notifications = new Notifications();
  notifications.show("AAPL 1.00", "r:AAPL:1", () => {});
  assert.match(notifications.obstacle, /does not let pages notify/);
});

test("what else stands in the way is named", async () => {
  browser(Shown, false);
  assert.match(new Notifications().obstacle, /HTTPS/);
  browser(undefined);
  assert.match(new Notifications().obstacle, /has no notifications/);
  browser({ permission: "denied" });
  assert.match(new Notifications().obstacle, /refused/);
  assert.equal(await new Notifications().ask(), false);
  assert.deepEqual(shown, []);
});
