"""The clock of Redis is slow, so that the bars after 09:30 arrive before the session starts."""

import signal
import time
from functools import partial

from leaderboard import keys
from leaderboard.sessions import Phase
from tests.chaos.trading_day import Day, trading_day
from tests.chaos.verdict import Verdict
from tests.support.boards import scores
from tests.support.market import at
from tests.support.moved_clock import MONDAY
from tests.support.waiting import eventually

#: Seconds by which the clock of Redis is slow.
SLOW = 25.0


def early(*, symbols: int = 2_000, beat: bool = True) -> Verdict:
    """Send bars 25 s ahead of Redis's clock, over 09:30, and kill the workers that store them and that apply them.

    Args:
        symbols: of the market, each with a bar four times a second.
        beat: whether one runs; else workers have to find by themselves what waits.
    """
    with trading_day("09:28:30", symbols) as day:
        processes, broken = day.harness.processes, list[str]()
        day.harness.workers("worker0", "worker1")
        if beat:
            processes.worker("clock0", "--concurrency", "1", queues="clock")
            day.beat("beat")

        # The bars are of the pre-market for some seconds, then of the regular session.
        day.go_to("09:29:30")
        _trade_until(day, "09:29:50", broken)
        processes.signal("worker0", signal.SIGKILL)
        processes.worker("worker2")
        _trade_until(day, "09:29:58", broken)
        kept = day.harness.boards.zcard(keys.EARLY)
        _trade_until(day, "09:30:01", [])
        killed = "clock0" if beat else "worker1"
        processes.signal(killed, signal.SIGKILL)
        if beat:
            processes.worker("clock1", "--concurrency", "1", queues="clock")
        _trade_until(day, "09:30:05", [])
        ended = time.monotonic()
        eventually(partial(_is_done, day), 90, "no bar waits any more")
        day.settle()
        # Among a killed worker's messages, which came back meanwhile, there may have been early ones.
        eventually(partial(_is_done, day), 30, "no bar waits any more")
        day.settle()
        recovery = time.monotonic() - ended
        if not kept:
            broken.append("no bar came early")
        return Verdict(
            f"Redis {SLOW:.0f} s slow over 09:30, a worker and {killed} killed",
            len(day.sent),
            day.harness.reconcile(day.sent),
            recovery,
            f"{kept:,} bars waited for 09:30",
            tuple(broken),
        )


def _trade_until(day: Day, clock: str, broken: list[str]) -> None:
    """Trade four times a second until that time, before which the boards stay those of the pre-market."""
    filled = False
    while day.moved_clock.now() < at(clock, MONDAY):
        day.trade_now(ahead=SLOW)
        session = day.session()
        if day.off() < 1 and day.moved_clock.now() < at("09:29:59", MONDAY):
            if session is not None and session.phase is not Phase.PRE and not broken:
                broken.append(f"the regular session began at {clock} or before")
            # Beat may have begun the session before the first bar was applied.
            ranked = bool(scores(day.harness.boards)["gainers"])
            if filled and not ranked and not broken:
                broken.append(f"gainers were emptied at {clock} or before")
            filled = filled or ranked
        time.sleep(0.25)
    if not filled and not broken:
        broken.append(f"gainers were empty until {clock}")


def _is_done(day: Day) -> bool:
    # Without beat, only a bar has a worker look.
    day.trade_now(ahead=SLOW, each=500)
    return not day.harness.boards.exists(keys.EARLY)
