"""One of two beats is frozen over 09:30, and then goes on."""

import signal
import time

from bench.soak.watch import Publications
from tests.chaos.trading_day import Day, trading_day
from tests.chaos.verdict import Verdict
from tests.support.market import at
from tests.support.moved_clock import MONDAY

#: When the market's time is set: by the freeze every process has asked Redis for it again, as it does each 10 s.
SET, FREEZE = "09:29:42", "09:29:56"
#: From when on only one symbol in so many has bars: a board that is cleared after that stays without the others.
SILENCE, STILL_TRADED = "09:30:03", 4
#: The thaw comes after that, whatever else.
THAW = "09:30:05"


def beats(*, symbols: int = 1_000, frozen: float = 40, spared: int = 0) -> Verdict:
    """Freeze one of two beats before 09:30 and thaw it afterwards, while bars stream and snapshots go out.

    Args:
        symbols: of the market, each with a bar four times a second until some seconds after 09:30.
        frozen: seconds.
        spared: seconds that may go without a snapshot, on a machine that has other things to do.
    """
    with trading_day("09:28:00", symbols) as day:
        processes = day.harness.processes
        day.harness.workers("worker0")
        for n in range(2):
            processes.worker(f"clock{n}", "--concurrency", "1", queues="clock")
        # Check that this beat works before it is frozen. That the other one works shows while this one is frozen.
        day.beat("beat1")
        processes.beat("beat0")
        day.go_to(SET)
        while not _is(day, FREEZE):
            _trade(day)
        publications, first = Publications(day.harness.server.url(0)), _slot(day)
        publications.start()
        stopped = time.monotonic()
        processes.signal("beat1", signal.SIGSTOP)
        while time.monotonic() < stopped + frozen or not _is(day, THAW):
            _trade(day)
        processes.signal("beat1", signal.SIGCONT)
        thawed = time.monotonic()
        # It now sends its reset of 09:30 and the ticks that it missed.
        while time.monotonic() < thawed + 5:
            _trade(day)
        last = _slot(day)
        recovery = day.settle()
        publications.end()
        slots = [publication.slot for publication in publications.noted]
        # Of the second in which the noting began, and of that in which it ended, the snapshot may be on its way.
        missed = set(range(first + 1, last)) - set(slots)
        broken = []
        if doubled := len(slots) - len(set(slots)):
            broken.append(f"{doubled} seconds were published twice")
        if len(missed) > spared:
            broken.append(f"{len(missed)} seconds were not published")
        if not processes.alive("beat1"):
            broken.append("the thawed beat ended")
        return Verdict(
            f"one of two beats frozen for {frozen:.0f} s, over 09:30",
            len(day.sent),
            day.harness.reconcile(day.sent),
            recovery,
            f"{len(slots)} snapshots in {last - first + 1} seconds",
            tuple(broken),
        )


def _is(day: Day, clock: str) -> bool:
    """Whether it is that time, or later."""
    return day.moved_clock.now() >= at(clock, MONDAY)


def _trade(day: Day) -> None:
    day.trade_now(each=STILL_TRADED if _is(day, SILENCE) else 1)
    time.sleep(0.25)


def _slot(day: Day) -> int:
    """The second that it is for snapshots."""
    seconds, microseconds = day.harness.boards.time()
    return int(seconds + microseconds / 1e6 + 0.2)
