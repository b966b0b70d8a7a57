"""Chromium with the page, and what it takes of the machine."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Where the tasks of a renderer's threads are noted.
_TASKS = ["disabled-by-default-devtools.timeline", "__metadata"]
_MAIN_THREAD = "CrRendererMain"
# Pixels of a turn of the wheel, and turns a second.
_TURN = 120
_TURNS = 60


@dataclass(frozen=True)
class Use:
    """What the page took for a while.

    Attributes:
        seconds: for how long.
        cpu: seconds of a processor that all renderers took: the page, and the worker that its windows share.
        busy: seconds in which the page's main thread did something, by the clock; other programs lengthen it.
    """

    seconds: float
    cpu: float
    busy: float


@dataclass(frozen=True)
class Scrolling:
    """How it went to scroll.

    Attributes:
        longest: CPU of the longest task of the main thread, ms. No frame can be shown during a task.
        longest_by_clock: the same by the clock, which other programs lengthen.
        over: tasks of more than 50 ms of CPU.
        frames: a second.
    """

    longest: float = 0.0
    longest_by_clock: float = 0.0
    over: int = 0
    frames: float = 0.0


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

    def use(self, seconds: float) -> Use:
        """Look for so long."""
        began, cpu, busy = time.monotonic(), _renderers_cpu(), self._busy()
        self.page.wait_for_timeout(seconds * 1e3)
        return Use(time.monotonic() - began, _renderers_cpu() - cpu, self._busy() - busy)

    def heap(self) -> float:
        """What the page's scripts have in memory after a garbage collection, MB."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return float(self._devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

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
        self.page.evaluate(_COUNT_FRAMES)
        self._browser.start_tracing(page=self.page, categories=_TASKS)
        began = time.monotonic()
        turn = 0
        while (passed := time.monotonic() - began) < seconds:
            turn += 1
            self.page.mouse.wheel(0, _TURN if turn // _TURNS % 2 == 0 else -_TURN)
            time.sleep(max(0.0, began + turn / _TURNS - time.monotonic()))
        tasks = main_thread_tasks(json.loads(self._browser.stop_tracing()))
        frames = self.page.evaluate("window.benchFrames") / passed
        return Scrolling(
            max(cpu for cpu, _ in tasks),
            max(clock for _, clock in tasks),
            sum(cpu > 50 for cpu, _ in tasks),
            frames,
        )

    def _busy(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


_COUNT_FRAMES = """() => {
  window.benchFrames = 0;
  const count = () => { window.benchFrames += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


def main_thread_tasks(trace: dict[str, Any]) -> list[tuple[float, float]]:
    """The tasks of renderers' main threads in a trace: of each the CPU and the duration, ms."""
    events = trace["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == _MAIN_THREAD
    }
    return [
        (event.get("tdur", event["dur"]) / 1e3, event["dur"] / 1e3)
        for event in events
        if event.get("name") == "RunTask" and "dur" in event and (event["pid"], event["tid"]) in main
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
    """A window with the page at this address, which shows these boards, until the end of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        # As the page stores what its user chose.
        chosen = json.dumps({"panes": [{"board": board} for board in boards]})
        page.add_init_script(f"localStorage.setItem('boards', {json.dumps(chosen)})")
        page.goto(address)
        yield Viewer(browser, page)
        browser.close()
