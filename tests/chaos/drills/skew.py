"""Machines whose clocks are wrong, and Redis with the right time."""

import time
from collections.abc import Callable
from functools import partial

from leaderboard.sessions import Phase
from tests.chaos.trading_day import trading_day
from tests.chaos.verdict import Verdict
from tests.support.market import at
from tests.support.moved_clock import MONDAY
from tests.support.waiting import eventually

#: Seconds by which each worker's clock is ahead; negative: behind.
WORKERS = {"behind": -90.0, "true": 0.0, "ahead": 30.0}


def skew(*, symbols: int = 1_000, seconds: float = 30) -> Verdict:
    """Run workers 90 s behind and 30 s ahead, a beat 90 s behind and a clock worker 30 s ahead, over 09:30.

    Args:
        symbols: of the market, each with a bar four times a second.
        seconds: for which bars stream before 09:30 and after it.
    """
    # Early enough for all processes to start, and for the first bars to stream, before 09:30. Setting the clock
    # would not do: each process keeps the old time until it next reads the time from Redis, seconds later.
    with trading_day("09:27:00", symbols) as day:
        processes, broken = day.harness.processes, []
        for name, wrong in WORKERS.items():
            processes.start_worker(name, **day.moved_clock.environment(wrong))
        processes.worker("clock", "--concurrency", "1", queues="clock", **day.moved_clock.environment(30))
        for name in WORKERS:
            eventually(partial(processes.is_ready, name), what=f"{name} is ready")
        day.beat("beat", **day.moved_clock.environment(-90))

        published = day.harness.totals().published
        streaming = _stream(day.trade_now, seconds)
        day.settle()
        snapshots = day.harness.totals().published - published
        # The first and the last second may have no snapshot.
        if snapshots < streaming - 2:
            broken.append(f"{snapshots} snapshots in {streaming:.0f} s")
        session = day.session()
        if session is None or session.phase is not Phase.PRE:
            broken.append("the regular session began before 09:30")

        # No bars are sent, so it is beat that rolls the session.
        day.go_to("09:29:58")
        day.await_session(Phase.REGULAR)
        late = (day.moved_clock.now() - at("09:30:00", MONDAY)) / 1000
        if not -1 < late < 30:
            broken.append("beat did not roll at 09:30")
        _stream(day.trade_now, seconds)
        recovery = day.settle()
        broken += [
            f"{name} does not say that its clock is wrong"
            for name, wrong in WORKERS.items()
            if wrong and "this machine's clock is" not in processes.log(name)
        ]
        return Verdict(
            "workers 90 s behind and 30 s ahead, beat 90 s behind, clock worker 30 s ahead",
            len(day.sent),
            day.harness.reconcile(day.sent),
            recovery,
            f"rolled by beat at 09:30 {late:+.1f} s; {snapshots} snapshots in {streaming:.0f} s",
            tuple(broken),
        )


def _stream(trade_now: Callable[[], None], seconds: float) -> float:
    """Trade four times a second. Returns for how many seconds."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        trade_now()
        time.sleep(0.25)
    return time.monotonic() - began
