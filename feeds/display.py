"""Shows a feed's progress: a progress bar on a terminal, elsewhere a line every few seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column

from leaderboard.sessions import NEW_YORK

#: Seconds between two lines if there is no terminal.
LINE_INTERVAL = 5.0

Doing = Literal["sending", "waiting", "draining"]


@dataclass(frozen=True)
class Status:
    """A feed's progress.

    Attributes:
        doing: ``waiting``: the queue is too deep; ``draining``: the feed waits until it is empty.
        sent: bars.
        rate: bars per second over the last seconds.
        queued: bars that wait for a worker.
        market: Unix milliseconds of market time; None before the first bar.
    """

    doing: Doing
    sent: int
    rate: float
    queued: int
    market: int | None

    def text(self) -> str:
        """The status in words, with market time in New York's time zone."""
        parts = [f"{self.sent:,} bars sent", f"{self.rate:,.0f} bars/s"]
        if self.market is not None:
            parts.insert(0, f"{datetime.fromtimestamp(self.market / 1000, NEW_YORK):%Y-%m-%d %H:%M:%S} ET")
        match self.doing:
            case "sending":
                parts.append(f"{self.queued:,} queued")
            case "waiting":
                parts.append(f"waiting: {self.queued:,} bars queued")
            case "draining":
                parts.append(f"waiting for the workers to finish: {self.queued:,} bars queued")
        return ", ".join(parts)


class FeedStatus(Protocol):
    """Any feed's progress."""

    @property
    def sent(self) -> int: ...

    def text(self) -> str: ...


S_contra = TypeVar("S_contra", bound=FeedStatus, contravariant=True)


class Display(Protocol[S_contra]):
    """Shows a feed's progress while it is entered."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, status: S_contra) -> None: ...


def display(total: int | None) -> Display[FeedStatus]:
    """The display that suits standard output.

    Args:
        total: bars to be sent; None if unknown.
    """
    console = Console()
    return ProgressBar(console, total) if console.is_terminal else ProgressLines(total)


class ProgressBar:
    """A progress bar. Without a total it only shows that the feed runs."""

    def __init__(self, console: Console, total: int | None) -> None:
        share = [] if total is None else [TaskProgressColumn()]
        # The default column cuts off its text in a narrow terminal.
        text = TextColumn("{task.description}", table_column=Column())
        self._progress = Progress(BarColumn(20), *share, text, console=console)
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, status: FeedStatus) -> None:
        self._progress.update(self._task, completed=status.sent, description=status.text())


class ProgressLines:
    """A line every :data:`LINE_INTERVAL` seconds."""

    def __init__(
        self,
        total: int | None,
        clock: Callable[[], float] = time.monotonic,
        write: Callable[[str], None] = lambda line: print(line, flush=True),
    ) -> None:
        self._total = total
        self._clock = clock
        self._write = write
        self._next = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, status: FeedStatus) -> None:
        if self._clock() < self._next:
            return
        share = f"{status.sent / self._total:.0%}, " if self._total else ""
        self._write(share + status.text())
        self._next = self._clock() + LINE_INTERVAL
