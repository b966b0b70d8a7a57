// Layouts as values: of panels, by name, as a file.

import assert from "node:assert/strict";
import { test } from "node:test";

import { compactText, readCompactText } from "../../../../watch/page/layout/compact-text.js";
import { DeskLayout, readLayout } from "../../../../watch/page/layout/desk-layout.js";
import { readLayoutFile, writeLayoutFile } from "../../../../watch/page/layout/layout-file.js";
import { importText } from "../../../../watch/page/layout/file-import.js";
import { NamedLayouts, readLayouts } from "../../../../watch/page/layout/named-layouts.js";
import { PRESETS, arranged, isArranged } from "../../../../watch/page/layout/presets.js";
import { withList } from "../../../../watch/page/watchlist/linked-list.js";

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

test("the arrangement before the last preset is kept, unless it is kept already", () => {
  const layouts = new NamedLayouts();
  for (const name of layouts.all().keys()) layouts.remove(name);
  layouts.keep("Mine", { boards: { a: 1 } });

  layouts.keepReplaced({ boards: { a: 1 } });
  assert.deepEqual([...layouts.all().keys()], ["Mine"]);
  layouts.keepReplaced({ boards: { a: 2 } });
  const undo = layouts.keepReplaced({ boards: { a: 3 } });
  assert.deepEqual([...layouts.all()].at(-1), ["Before the last preset", { boards: { a: 3 } }]);
  assert.equal(layouts.all().size, 2);
  undo();
  assert.deepEqual([...layouts.all()].at(-1), ["Before the last preset", { boards: { a: 2 } }]);
});

test("a preset knows whether it is what is shown", () => {
  const [morning, , , usual] = PRESETS;
  // As panels give them: one that is as usual is missing.
  const { boards, chart } = morning.settings;
  assert.equal(isArranged(morning, { boards, chart, watch: { list: "Mine" } }), true);
  assert.equal(isArranged(morning, { boards, chart, desk: { width: 0.5 } }), false);
  assert.equal(isArranged(usual, {}), true);
  assert.equal(isArranged(usual, { boards }), false);
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

test("an arrangement that is replaced comes back, and goes again", () => {
  const layout = new DeskLayout();
  layout.add("chart", panel());
  layout.apply({ chart: { minutes: 5 } });

  const back = layout.replace({ chart: { minutes: 15 } });
  assert.deepEqual(layout.settings, { chart: { minutes: 15 } });
  const again = back();
  assert.deepEqual(layout.settings, { chart: { minutes: 5 } });
  again();
  assert.deepEqual(layout.settings, { chart: { minutes: 15 } });
});

test("a preset arranges boards, chart and dock, and keeps the list and the rule that are shown", () => {
  const now = { boards: { panes: [] }, chart: { minutes: 15 }, desk: { width: 0.5 }, watch: { list: "B" }, alerts: { rule: "x" } };
  for (const preset of PRESETS) {
    const { watch, alerts, ...others } = arranged(preset, now);
    assert.deepEqual([watch, alerts], [now.watch, now.alerts]);
    assert.deepEqual(Object.keys(others).toSorted(), ["boards", "chart", "desk"]);
    assert.deepEqual(others, preset.settings);
  }
});

test("an import says what it took, and what it left out", () => {
  const none = { taken: 0, known: 0, leftOut: 0 };
  const list = { name: "A", symbols: [] };
  assert.equal(
    importText({ ...none, taken: 1 }, { ...none, taken: [list, list], cut: 0 }),
    "Arrangement replaced. Took 1 layout and 2 watchlists.",
  );
  assert.equal(
    importText({ ...none, leftOut: 1 }, { taken: [list], known: 2, leftOut: 3, cut: 20 }),
    "Arrangement replaced. Took 0 layouts and 1 watchlist; 2 were there already. "
      + "Left out 1 layout: there is room for 50. Left out 3 watchlists: there is room for 30. "
      + "Left out 20 symbols: a list is full at 100.",
  );
});

test("a link to six filtered boards and a list of twenty is short enough for any chat", () => {
  // Given more than most traders arrange
  const filters = { min_price: "2", max_price: "20", min_change: "10", max_float: "20M", min_rvol: "5", min_volume: "100K" };
  const columns = ["rank", "symbol", "close:90", "pct_change", "accumulated_volume", "free_float", "rvol"];
  const boards = ["gappers", "gainers", "volume", "small_caps", "relative_volume", "after_hours"];
  const panes = boards.map((board) => ({ board, filters, columns, sort: "-accumulated_volume", share: 1.25 }));
  const settings = { boards: { panes, heights: [1.2, 0.8] }, chart: { minutes: 5 }, desk: { dock: "alerts", width: 0.45, lists: 0.4 } };
  const symbols = Array.from({ length: 20 }, (_, i) => `SYM${String.fromCharCode(65 + i)}`);

  const url = new URL("https://leaderboards.example.com/?symbol=AAPL");
  url.hash = compactText(settings);
  const link = withList(url, { name: "Gappers of the day", symbols });

  assert.ok(link.href.length < 2_000, `${link.href.length} characters`);
  assert.deepEqual(readCompactText(link.hash.slice(1)), settings);
});

test("there is room for fifty layouts, and none is lost to another", () => {
  const layouts = new NamedLayouts();
  const before = [...layouts.all().keys()];
  const { taken, leftOut, step } = layouts.merge(new Map(Array.from({ length: 60 }, (_, i) => [`layout ${i}`, {}])));
  assert.deepEqual([taken, leftOut], [50 - before.length, 10 + before.length]);

  assert.equal(layouts.keep("one more", { chart: {} }), null);
  const back = layouts.keep("layout 1", { chart: {} });
  assert.deepEqual([layouts.all().size, layouts.all().get("layout 1")], [50, { chart: {} }]);

  // And what was overwritten comes back, and what was imported goes again
  back?.();
  assert.deepEqual(layouts.all().get("layout 1"), {});
  step();
  assert.deepEqual([...layouts.all().keys()], before);
});
