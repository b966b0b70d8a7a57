"""``python -m bench.page``: what the page takes of the machine of whoever looks at it all day.

A made-up market is played in real time, its boards, screens and alerts are published each second, and Chromium
shows six of them, the chart of a symbol, its quote and the alerts. The CPU is that of the renderers, so that other
programs do not lengthen it. With ``--slowed`` the same is measured on a CPU that is slowed down. The exit code is
1 where a limit does not hold.
"""

import sys
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench.child import Child
from bench.gateway import gateway
from bench.history.recorder import recording
from bench.own_redis import own_redis
from bench.page import market
from bench.page.viewer import EXECUTABLE, Scrolling, Use, Viewer, viewer
from deploy.ending import end_as_by_ctrl_c
from watch.gateway.fanout.text_frame import TextFrame

#: What a page may take: of a processor; MB that its heap may grow; ms of a task while somebody scrolls; of the
#: bytes of whole boards.
CPU = 0.25
HEAP = 60.0
FRAME = 50.0
BYTES = 0.10

# Seconds: for the page to come to rest, and of scrolling.
_WARM_UP = 15
_SCROLLED = 15
_ROWS = ".grid"
# Ticks a second from which on the machine keeps up with a market that publishes each second.
_KEPT_UP = 0.95
_BOARDS = "volume,gappers,gainers,losers,dollar_volume,relative_volume"


@dataclass
class Measured:
    """What was measured at one speed of the CPU.

    Attributes:
        times: how many times slower the CPU was.
        uses: a minute each, the last one shorter.
        heaps: before the first of them, and after each, MB.
        scrolling: afterwards.
        pace: ms that the main thread takes for always the same.
        ticks: that were published, a second; fewer than one where the machine does not keep up.
        received: bytes a tick, compressed.
        whole: bytes of the boards on the page, whole, compressed.
    """

    times: int
    uses: list[Use] = field(default_factory=list)
    heaps: list[float] = field(default_factory=list)
    scrolling: Scrolling = field(default_factory=Scrolling)
    pace: float = 0.0
    ticks: float = 0.0
    received: float = 0.0
    whole: float = 0.0

    @property
    def share(self) -> float:
        """Of a processor: all threads of the renderers; of a slowed one the main thread, which alone is slowed."""
        if self.times > 1:
            return self.busy
        return sum(use.cpu for use in self.uses) / sum(use.seconds for use in self.uses)

    @property
    def busy(self) -> float:
        """Of the time, in which the main thread did something."""
        return sum(use.busy for use in self.uses) / sum(use.seconds for use in self.uses)

    @property
    def growth(self) -> float:
        """Of the heap, MB."""
        return max(self.heaps) - min(self.heaps)

    def faults(self) -> list[str]:
        """The limits that do not hold."""
        found = {
            f"{self.share:.0%} of a processor": self.share > CPU,
            f"the heap grew by {self.growth:.0f} MB": self.growth > HEAP,
            f"a task of {self.scrolling.longest:.0f} ms while scrolling": self.scrolling.longest > FRAME,
            f"{self.received / self.whole:.0%} of the bytes of whole boards": self.received > BYTES * self.whole,
        }
        return [fault for fault, is_fault in found.items() if is_fault]


def main(
    minutes: Annotated[float, typer.Option(help="For how long it is looked at.", min=0.1)] = 2,
    symbols: Annotated[int, typer.Option(help="That are listed.", min=1)] = 11_000,
    rate: Annotated[float, typer.Option(help="Bars a second.", min=1)] = 3_000,
    boards: Annotated[str, typer.Option(help="Boards and screens on the page.")] = _BOARDS,
    slowed: Annotated[int, typer.Option(help="Measure also with a CPU that is so many times slower.", min=1)] = 1,
    width: Annotated[int, typer.Option(help="Of the window, pixels.")] = 1920,
    height: Annotated[int, typer.Option(help="Of the window, pixels.")] = 1080,
    png: Annotated[Path, typer.Option(help="Where a picture of it goes.")] = Path(".run/page.png"),
) -> None:
    """Measure CPU, heap, frames and bytes of the page."""
    if EXECUTABLE is None:
        sys.exit("Chromium is not installed: apt-get install chromium-headless-shell")
    speeds = [1] if slowed == 1 else [1, slowed]
    with ExitStack() as stack:
        server = stack.enter_context(own_redis("--appendonly", "no"))
        history = Path(stack.enter_context(TemporaryDirectory()))
        stack.enter_context(recording(server.url(), history))
        _, port = stack.enter_context(gateway(server, MARKET_CLOCK="events", HISTORY_DIR=str(history)))
        address = f"http://127.0.0.1:{port}"
        child = stack.enter_context(Child("bench.page.market", market.Order(server.url(), symbols, rate)))
        window = stack.enter_context(viewer(address, boards.split(","), width, height))
        child.go()
        window.await_all(boards.split(","))
        redis = Redis.from_url(server.url())
        by_speed = {times: measure(window, redis, address, minutes, times) for times in speeds}
        window.page.screenshot(path=png)
    Console(highlight=False, width=120).print(_table(by_speed, symbols, rate))
    print(*(_lateness(each) for each in by_speed.values() if each.ticks < _KEPT_UP), sep="\n")
    faults = [f"{_title(times)}: {fault}" for times, each in by_speed.items() for fault in each.faults()]
    print(*(f"NOT WITHIN THE LIMITS, {fault}" for fault in faults), sep="\n")
    raise typer.Exit(1 if faults else 0)


def measure(window: Viewer, redis: Redis, address: str, minutes: float, times: int) -> Measured:
    """Look at the page, then scroll, with a CPU that is so many times slower."""
    measured = Measured(times)
    with window.slowed(times):
        window.use(_WARM_UP)
        measured.pace = window.pace()
        measured.heaps.append(window.heap())
        sent, ticks, wholes, left = _sent(address), _ticks(redis), [], minutes * 60
        while left > 0:
            measured.uses.append(window.use(min(60, left)))
            left -= 60
            measured.heaps.append(window.heap())
            wholes.append(_whole_boards(redis))
        ticks = _ticks(redis) - ticks
        measured.ticks = ticks / sum(use.seconds for use in measured.uses)
        measured.received = (_sent(address) - sent) / max(ticks, 1)
        measured.whole = mean(wholes)
        measured.scrolling = window.scroll(_ROWS, _SCROLLED)
    return measured


def _sent(address: str) -> float:
    """Bytes that the gateway has sent over its WebSockets."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    [value] = [line.split()[1] for line in lines if line.startswith("gateway_sent_bytes_total ")]
    return float(value)


def _ticks(redis: Redis) -> int:
    return int(redis.get(market.TICKS) or 0)


def _whole_boards(redis: Redis) -> float:
    """Bytes of all boards and screens that somebody follows, compressed as the gateway does."""
    values = [redis.get(channel) for channel in redis.pubsub_channels("scanners:*")]
    return float(sum(len(TextFrame(value).deflated()) for value in values if isinstance(value, bytes)))


def _lateness(measured: Measured) -> str:
    """What ticks that come too seldom mean for the other figures."""
    return (
        f"On {_title(measured.times)} only {measured.ticks:.2f} ticks a second were published: this machine has "
        "no time for one each second. CPU is less than it would be, and bytes a tick are more."
    )


def _title(times: int) -> str:
    return "this CPU" if times == 1 else f"a CPU {times} times slower"


def _table(by_speed: dict[int, Measured], symbols: int, rate: float) -> Table:
    table = Table(title=f"The page: {symbols:,} symbols, {rate:,.0f} bars a second", title_justify="left")
    table.add_column("")
    for times in by_speed:
        table.add_column(_title(times), justify="right")
    for name, cells in _lines(list(by_speed.values())).items():
        table.add_row(name, *cells)
    return table


def _lines(all_measured: list[Measured]) -> dict[str, list[str]]:
    cells: dict[str, Callable[[Measured], str]] = {
        "always the same arithmetic, ms": lambda each: f"{each.pace:.1f}",
        "of a processor": lambda each: f"{each.share:.1%}",
        "of a processor, ms a tick": lambda each: f"{each.share / max(each.ticks, 0.01) * 1e3:.0f}",
        "main thread busy, of the time": lambda each: f"{each.busy:.1%}",
        "heap after a collection, MB": lambda each: f"{each.heaps[0]:.1f} to {each.heaps[-1]:.1f}",
        "scrolling: longest task, ms of CPU": lambda each: f"{each.scrolling.longest:.0f}",
        "scrolling: longest task, ms": lambda each: f"{each.scrolling.longest_by_clock:.0f}",
        "scrolling: p99 of frames, ms of CPU": lambda each: f"{each.scrolling.p99:.0f}",
        f"scrolling: tasks over {FRAME:.0f} ms of CPU": lambda each: f"{each.scrolling.over(FRAME)}",
        "scrolling: frames a second": lambda each: f"{each.scrolling.frames:.0f}",
        "ticks a second": lambda each: f"{each.ticks:.2f}",
        "received, kB a tick": lambda each: f"{each.received / 1e3:.1f}",
        "whole boards, kB": lambda each: f"{each.whole / 1e3:.1f}",
        "of the bytes of whole boards": lambda each: f"{each.received / each.whole:.3f}",
    }
    return {name: [cell(each) for each in all_measured] for name, cell in cells.items()}


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
