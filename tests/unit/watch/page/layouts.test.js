// Layouts as values: of panels, by name, as a file.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DeskLayout, readLayout } from "../../../../watch/page/layout/desk-layout.js";
import { readLayoutFile, writeLayoutFile } from "../../../../watch/page/layout/layout-file.js";
import { NamedLayouts, readLayouts } from "../../../../watch/page/layout/named-layouts.js";

/** A panel that shows what was applied. */
function panel() {
  let shown = {};
  return {
    settings: () => shown,
    apply: (/** @type {object} */ settings) => {
      shown = settings;
    },
  };
}

test("a layout has the settings of the panels that are not as usual", () => {
  const layout = new DeskLayout();
  const [boards, chart] = [panel(), panel()];
  layout.add("boards", boards);
  layout.add("chart", chart);
  let changes = 0;
  layout.watch(() => changes++);

  layout.apply({ chart: { interval: 5 }, unknown: {} });
  assert.deepEqual(layout.settings, { chart: { interval: 5 } });

  layout.apply({ boards: { panes: [] } });
  assert.deepEqual(layout.settings, { boards: { panes: [] } });
  assert.deepEqual(chart.settings(), {});
  assert.equal(changes, 2);
});

test("what is no layout is null", () => {
  for (const value of [undefined, null, 1, "a", [], { boards: 1 }, { boards: null }]) {
    assert.equal(readLayout(value), null);
  }
});

test("a name that is taken by another layout gets a number", () => {
  const layouts = new NamedLayouts();
  layouts.keep("Mine", { boards: {} });
  layouts.keep("Mine", { boards: { a: 1 } });

  layouts.merge(new Map(Object.entries({ Mine: { boards: { a: 1 } }, Other: { boards: {} } })));
  layouts.merge(new Map([["Mine", { boards: { a: 2 } }]]));

  assert.deepEqual([...layouts.all()], [["Mine", { boards: { a: 1 } }], ["Other", { boards: {} }], ["Mine 2", { boards: { a: 2 } }]]);
  layouts.remove("Mine");
  assert.deepEqual([...layouts.all().keys()], ["Other", "Mine 2"]);
});

test("what is stored and no layout is left out", () => {
  const stored = { " A ": { boards: {} }, "": {}, B: 3, C: { chart: 1 } };
  assert.deepEqual([...readLayouts(stored)], [["A", { boards: {} }]]);
});

test("a file is read as it was written", () => {
  const file = {
    layout: { boards: { panes: [] } },
    layouts: new Map([["Mine", { chart: { interval: 5 } }]]),
    watchlists: [{ name: "Runners", symbols: ["AAPL"] }],
  };
  assert.deepEqual(readLayoutFile(writeLayoutFile(file)), file);
});

test("a file that is none says why", () => {
  assert.equal(readLayoutFile("{"), "This file is no JSON.");
  assert.equal(readLayoutFile("null"), "This file holds no layouts.");
  assert.equal(readLayoutFile('{"format":"other"}'), "This file holds no layouts.");
  assert.equal(
    readLayoutFile('{"format":"live-leaderboards-layouts","version":2}'),
    "This file is of a newer release.",
  );
});

test("there is room for fifty layouts, and none is lost to another", () => {
  const layouts = new NamedLayouts();
  layouts.merge(new Map(Array.from({ length: 60 }, (_, i) => [`layout ${i}`, {}])));

  assert.equal(layouts.keep("one more", { chart: {} }), false);
  assert.equal(layouts.keep("layout 1", { chart: {} }), true);
  assert.deepEqual([layouts.all().size, layouts.all().get("layout 1")], [50, { chart: {} }]);
});
