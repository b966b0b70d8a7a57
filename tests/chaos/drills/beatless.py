"""Beat is down while the day and the regular session start."""

import signal
import time
from datetime import date
from functools import partial

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.sessions import Phase
from tests.chaos.trading_day import Day, trading_day
from tests.chaos.verdict import Verdict
from tests.support.boards import scores
from tests.support.moved_clock import MONDAY, TUESDAY
from tests.support.waiting import eventually


def beatless(*, symbols: int = 2_000) -> Verdict:
    """Kill beat before 04:00 and before 09:30: on one day it comes back after them, on the next it never does.

    Args:
        symbols: of the market, each with a bar in each session.
    """
    broken: list[str] = []
    with trading_day("03:58:30", symbols) as day:
        processes = day.harness.processes
        processes.worker("worker0")
        processes.worker("clock", "--concurrency", "1", queues="clock")
        day.beat("beat0")
        day.trade("03:58:00")
        day.settle()
        processes.signal("beat0", signal.SIGKILL)

        at_four = _comes_back(day, "beat1", "04:00:20", Phase.PRE, *(board.name for board in BOARDS))
        _trade(day, "04:00:10", MONDAY, broken)
        processes.signal("beat1", signal.SIGKILL)
        of_session = [board.name for board in BOARDS if board.clears_at_open]
        at_the_open = _comes_back(day, "beat2", "09:30:20", Phase.REGULAR, *of_session)
        _trade(day, "09:30:10", MONDAY, broken)
        processes.signal("beat2", signal.SIGKILL)

        first_bars = []
        for clock, bars in (("04:00:20", "04:00:10"), ("09:30:20", "09:30:10")):
            day.go_to(clock, TUESDAY)
            first_bars.append(_trade(day, bars, TUESDAY, broken))
        return Verdict(
            "beat dead at 04:00 and 09:30 of two days",
            len(day.sent),
            day.harness.reconcile(day.sent),
            max(first_bars),
            f"a beat that came back rolled after {at_four:.1f} s and {at_the_open:.1f} s, "
            "its start included; where none did, the first bar rolled",
            tuple(broken),
        )


def _comes_back(day: Day, beat: str, clock: str, phase: Phase, *cleared: str) -> float:
    """Let the session start without a beat, then start one. Returns the seconds until the boards were cleared."""
    day.go_to(clock)
    before = scores(day.harness.boards)
    began = time.monotonic()
    day.harness.processes.beat(beat)
    day.await_session(phase)
    took = time.monotonic() - began
    # Of the others nothing is lost.
    assert scores(day.harness.boards) == before | {name: {} for name in cleared}
    for name in cleared:
        eventually(partial(_is_sent_empty, day, name), 30, f"{name} is sent empty")
    return took


def _is_sent_empty(day: Day, board: str) -> bool:
    return day.harness.boards.get(keys.scanner(board)) == b"[]"


def _trade(day: Day, clock: str, on: date, broken: list[str]) -> float:
    """Send a session's bars. Returns the seconds until they were on the boards."""
    day.trade(clock, on)
    took = day.settle()
    if not day.is_exact():
        broken.append(f"the boards are wrong at {clock} on {on}")
    return took
