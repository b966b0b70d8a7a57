"""Chromium with the page, and what it takes of the machine."""

import json
import shutil
import sys
import time
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

#: Chromium: its program; None: it is not installed. The one without windows takes a third of the CPU of the other
#: one to open a page.
EXECUTABLE = shutil.which("chromium-headless-shell") or shutil.which("chromium")
#: What it is started with.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Where the tasks of a renderer's threads are noted, and what they do.
_TASKS = ["devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"]
# What a task does that ends with a new frame.
_FRAME = "Commit"
_MAIN_THREAD = "CrRendererMain"
_BOARD = ".board"
# Arithmetic of some 0.1 s: Chromium slows a thread by stopping it for moments, which a short one can slip between.
_PACE = """() => {
  const began = performance.now();
  let sum = 0;
  for (let i = 0; i < 5e7; i++) sum += i % 7;
  return performance.now() - began + 0 * sum;
}"""
# Seconds until what the page should show counts as missing: alerts fire seldom.
_TIMEOUT = 120.0
# Pixels of a turn of the wheel, and turns a second.
_TURN = 120
_TURNS = 60


@dataclass(frozen=True)
class Use:
    """What the page took for a while.

    Attributes:
        seconds: for how long.
        cpu: seconds of a processor that all renderers took: the page, and the worker that its windows share. Says
            nothing of a slowed CPU: Chromium slows it by keeping it busy, also where there is nothing to do.
        busy: seconds in which the page's main thread did something, by the clock; other programs lengthen it.
    """

    seconds: float
    cpu: float
    busy: float


@dataclass(frozen=True)
class Task:
    """What the main thread did without a pause, milliseconds. No frame can be shown during a task.

    Attributes:
        cpu: of the processor.
        clock: by the clock, which other programs lengthen.
        is_frame: whether it ended with a new frame.
    """

    cpu: float
    clock: float
    is_frame: bool


@dataclass(frozen=True)
class Scrolling:
    """How it went to scroll.

    Attributes:
        seconds: for how long.
        tasks: of the main thread.
    """

    seconds: float = 0.0
    tasks: list[Task] = field(default_factory=list)

    @property
    def longest(self) -> float:
        """CPU of the longest task, ms."""
        return max(task.cpu for task in self.tasks)

    @property
    def longest_by_clock(self) -> float:
        """Of the longest task, ms."""
        return max(task.clock for task in self.tasks)

    @property
    def p99(self) -> float:
        """CPU of all frames but each hundredth, ms."""
        frames = sorted(task.cpu for task in self.tasks if task.is_frame)
        return frames[len(frames) * 99 // 100]

    @property
    def frames(self) -> float:
        """A second."""
        return sum(task.is_frame for task in self.tasks) / self.seconds

    def over(self, limit: float) -> int:
        """How many tasks took more CPU, ms."""
        return sum(task.cpu > limit for task in self.tasks)


class Viewer:
    """A window with the page.

    Args:
        browser: that shows it.
        page: the window.
    """

    def __init__(self, browser: Browser, page: Page) -> None:
        self._browser = browser
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")
        self._devtools.send("HeapProfiler.enable")

    def await_all(self, boards: list[str]) -> None:
        """Wait until rows of these boards, and of no others, are on the screen, and chart and alerts beside them.

        The first row is chosen, so that quote and chart follow it.
        """
        self._await(f"{_BOARD}:visible", "boards", len(boards))
        for board in boards:
            self._await(f"#board-{board} .row:visible", f"rows of {board}")
        self.page.locator(f"#board-{boards[0]} .row").first.click()
        self._await("#place-chart canvas:visible", "a chart")
        self._await("#quote:visible", "a quote")
        self._await("#place-alerts .alert:visible", "alerts")

    def _await(self, selector: str, what: str, number: int | None = None) -> None:
        """Wait until so many of something are on the screen; None: any.

        Raises:
            SystemExit: they do not come.
        """
        found, deadline = 0, time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            found = self.page.locator(selector).count()
            if found == number or (number is None and found > 0):
                return
            self.page.wait_for_timeout(200)
        wanted = "none" if number is None else f"{found} and not {number}"
        sys.exit(f"nothing was measured: of {what} the page shows {wanted}, after {_TIMEOUT:.0f} s")

    def use(self, seconds: float) -> Use:
        """Look for so long."""
        began, cpu, busy = time.monotonic(), _renderers_cpu(), self._busy()
        self.page.wait_for_timeout(seconds * 1e3)
        return Use(time.monotonic() - began, _renderers_cpu() - cpu, self._busy() - busy)

    def heap(self) -> float:
        """What the page's scripts have in memory after a garbage collection, MB."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return float(self._devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def pace(self) -> float:
        """Milliseconds that the page's main thread takes for always the same: how slow the CPU is indeed."""
        return float(self.page.evaluate(_PACE))

    @contextmanager
    def slowed(self, times: int) -> Iterator[None]:
        """As on a slower machine, until the end of the block."""
        self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": times})
        yield
        self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})

    def scroll(self, selector: str, seconds: float) -> Scrolling:
        """Scroll an element down and up again and again for so long."""
        box = self.page.locator(selector).first.bounding_box()
        assert box, f"{selector} is not on the page"
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self._browser.start_tracing(page=self.page, categories=_TASKS)
        began = time.monotonic()
        turn = 0
        while (passed := time.monotonic() - began) < seconds:
            turn += 1
            self.page.mouse.wheel(0, _TURN if turn // _TURNS % 2 == 0 else -_TURN)
            time.sleep(max(0.0, began + turn / _TURNS - time.monotonic()))
        tasks = main_thread_tasks(json.loads(self._browser.stop_tracing()))
        return Scrolling(passed, tasks)

    def _busy(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def main_thread_tasks(trace: dict[str, Any]) -> list[Task]:
    """The tasks of renderers' main threads in a trace."""
    events = trace["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == _MAIN_THREAD
    }
    its = [event for event in events if (event["pid"], event["tid"]) in main]
    frames = sorted(event["ts"] for event in its if event["name"] == _FRAME)
    return [
        Task(
            event.get("tdur", event["dur"]) / 1e3,
            event["dur"] / 1e3,
            bisect(frames, event["ts"]) < bisect(frames, event["ts"] + event["dur"]),
        )
        for event in its
        if event["name"] == "RunTask" and "dur" in event
    ]


def _renderers_cpu() -> float:
    """Seconds of a processor that all renderers of this process's browser have taken."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        if "--type=renderer" in process.cmdline():
            used = process.cpu_times()
            total += used.user + used.system
    return total


@contextmanager
def viewer(address: str, boards: list[str], width: int, height: int) -> Iterator[Viewer]:
    """A window with the page at this address, which shows these boards and the alerts, for the block's time."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(f"{address}/#{layout(boards)}")
        yield Viewer(browser, page)
        browser.close()


def layout(boards: list[str]) -> str:
    """The page's address of a desk with these boards, and with the alerts where they share their place."""
    panes = ",".join(f"(board:{board})" for board in boards)
    return f"(boards:(panes:!({panes})),desk:(dock:alerts"
