"""Of two beats one stands still across the open, and goes on."""

import signal
import time

from tests.drills.timepiece import MONDAY, Day, trading_day
from tests.drills.verdict import Verdict
from tests.market import at


def beats(*, symbols: int = 1_000, frozen: float = 40) -> Verdict:
    """Freeze one of two beats before 09:30 and thaw it afterwards, while bars stream and snapshots go out.

    Args:
        symbols: of the market, each with a bar four times a second.
        frozen: seconds.
    """
    with trading_day("09:28:00", symbols) as day:
        processes = day.ground.processes
        day.ground.workers("worker0")
        for n in range(2):
            processes.worker(f"clock{n}", "--concurrency", "1", queues="clock")
        # The one that will stand still is seen to beat; that the other one does shows while it beats alone.
        day.beat("beat1")
        processes.beat("beat0")
        day.go_to("09:29:56")
        slots, published = _slot(day), day.ground.totals().published
        stopped = time.monotonic()
        processes.signal("beat1", signal.SIGSTOP)
        while time.monotonic() < stopped + frozen or day.timepiece.now() < at("09:30:04", MONDAY):
            _trade(day)
        processes.signal("beat1", signal.SIGCONT)
        thawed = time.monotonic()
        # Its reset of 09:30, and what it missed, come now.
        while time.monotonic() < thawed + 5:
            _trade(day)
        recovery = day.settle()
        seconds, snapshots = _slot(day) - slots + 1, day.ground.totals().published - published
        broken = []
        if snapshots > seconds:
            broken.append("a second was published twice")
        if snapshots < seconds / 2:
            broken.append("seconds were not published")
        if not processes.alive("beat1"):
            broken.append("the thawed beat ended")
        return Verdict(
            f"one of two beats frozen for {frozen:.0f} s, over 09:30",
            len(day.sent),
            day.ground.left(day.sent),
            recovery,
            f"{snapshots} snapshots in {seconds} seconds",
            tuple(broken),
        )


def _trade(day: Day) -> None:
    day.trade_now()
    time.sleep(0.25)


def _slot(day: Day) -> int:
    """The second that it is for snapshots."""
    seconds, microseconds = day.ground.boards.time()
    return int(seconds + microseconds / 1e6 + 0.2)
