"""Reference data of a whole market, from a server that speaks the Massive wire and fails now and then."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from leaderboard import keys
from leaderboard.clock import Clock
from leaderboard.reference.massive.api import MassiveApi
from leaderboard.reference.massive.source import MassiveSource
from leaderboard.reference.warmups import Warmups
from leaderboard.sessions import session_of
from leaderboard.shards import Shards
from leaderboard.system import AHEAD, System
from tests.chaos.harness import Harness, running_harness
from tests.support.market import at
from tests.support.massive.rest import KEY, Fault, Listing, MassiveRest, massive_rest
from tests.support.waiting import eventually

#: What a warm start may take.
MOST_CALLS, MOST_SECONDS = 39, 20.0


@dataclass(frozen=True)
class Warming:
    """One warming of the market.

    Attributes:
        name: what was special about it.
        calls: that the server got, by their kind.
        seconds: from the call of the task to its end.
        symbols: of which there is reference data afterwards.
        told: lines that the worker logged about calls, and how grave they are.
    """

    name: str
    calls: Counter[str]
    seconds: float
    symbols: int
    told: Counter[str]

    def __str__(self) -> str:
        calls = ", ".join(f"{count} {kind}" for kind, count in self.calls.items())
        told = ", ".join(f"{count} {level}" for level, count in self.told.items()) or "nothing"
        return (
            f"{self.name:38} {self.calls.total():3} calls ({calls}), {self.seconds:5.1f} s, "
            f"{self.symbols:,} symbols known, worker logged {told}"
        )


class Drill:
    """A worker with the server as its source."""

    def __init__(self, harness: Harness, server: MassiveRest, day: date) -> None:
        self._harness = harness
        self._server = server
        self._day = day
        self._lines = 0
        self.warmings: list[Warming] = []
        # A worker that starts warms what is not warm; it is to wait for the drill.
        Warmups(harness.boards).note(day)
        harness.processes.worker("clock", "--pool", "solo", queues="reference")

    def warm(self, name: str, kind: str = "grouped", *faults: Fault) -> None:
        """Warm an empty Redis through the task, while calls of a kind fail."""
        from tasks import warm_reference

        self._server.fail(kind, *faults)
        with self._measured(name):
            warm_reference.delay()
            eventually(lambda: self._harness.boards.exists(keys.reference_warmed(self._day)), 240)

    def warm_in_the_morning(self, name: str) -> None:
        """Warm an empty Redis in this process, with a clock at 08:00 of the day."""
        from config.settings import settings

        api = MassiveApi(KEY, self._server.url, settings().massive_calls_per_second)
        source = MassiveSource(api, lambda: at("08:00:00", self._day) / 1000)
        with self._measured(name):
            System(
                Shards([self._harness.boards]), Clock(self._harness.boards), settings(), source
            ).reference.warm()

    def refuse(self, name: str, times: int) -> None:
        """Call the task so often with a key that the server does not know any more."""
        from tasks import warm_reference

        self._server.key = "another"
        with self._measured(name):
            for _ in range(times):
                warm_reference.delay()
            eventually(lambda: not self._harness.broker.exists("reference", "unacked"))

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        self._harness.boards.flushdb()
        self._server.calls.clear()
        began = time.monotonic()
        yield
        seconds, symbols = time.monotonic() - began, int(self._harness.boards.hlen(keys.REFERENCE_VERSIONS))
        self.warmings.append(Warming(name, self._server.calls.copy(), seconds, symbols, self._told()))

    def _told(self) -> Counter[str]:
        lines = self._harness.processes.log("clock").splitlines()
        new, self._lines = lines[self._lines :], len(lines)
        levels = ("WARNING", "ERROR")
        return Counter(level for line in new for level in levels if line.startswith(f"{level} leaderboard."))


def reference(*, symbols: int, delay: float) -> list[Warming]:
    """Warm a market of so many symbols, from a server that takes `delay` seconds for each answer."""
    day = session_of(int(time.time() * 1000) + AHEAD).day
    market = {f"S{n:06}": Listing(close=5 + n % 300, volume=1e6 - n) for n in range(symbols)}
    with massive_rest(market, day, delay) as server, running_harness(fast=True, symbols=symbols) as harness:
        os.environ |= {"MASSIVE_API_KEY": KEY, "MASSIVE_REST_URL": server.url, "LOG_FORMAT": "text"}
        drill = Drill(harness, server, day)
        drill.warm("warm start")
        drill.warm_in_the_morning("the same at 08:00, in this process")
        drill.warm("one call too many, Retry-After 3", "grouped", Fault(429, headers={"Retry-After": "3"}))
        drill.warm("one call without an answer", "float", Fault(silent=True))
        drill.warm("one call that fails three times, 500", "grouped", *[Fault(500)] * 3)
        drill.refuse("key refused, ten tasks", 10)
        return drill.warmings


def is_sound(warmings: list[Warming], symbols: int) -> bool:
    """Whether warm starts took few calls and seconds, all that was asked for came, and a refusal was said once."""
    *warmed, refused = warmings
    return (
        all(each.calls.total() <= MOST_CALLS and each.seconds < MOST_SECONDS for each in warmed)
        and all(each.symbols == symbols for each in warmed)
        and refused.calls.total() == refused.told["ERROR"] == 1
    )
