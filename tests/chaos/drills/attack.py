"""Attacks, while bars stream and an honest client reads the boards."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Any

from deploy.redis_server import free_port
from tests.chaos.attacks import ATTACKS, Attack
from tests.chaos.attacks.target import Target
from tests.chaos.distinct_bars import distinct_bars
from tests.chaos.harness import Harness, running_harness
from tests.chaos.honest import HonestClient
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually

#: Symbols of the market. Each has its first bar before the attacks, which may exhaust the day's bound of symbols.
SYMBOLS = 2_000
#: Bars a second, afterwards.
RATE = 200
#: Most seconds that the honest client may wait for a second's snapshot, or for an answer.
MOST = 1.5
#: Seconds between two attacks, in which the connections of the first one end.
BETWEEN = 3.0
#: Seconds for an attacker's process to start, also on a busy machine.
STARTS = 60.0
KEY = "a-key-for-drills-only"
PARTS = ("worker", "clock", "beat", "gateway")


@dataclass(frozen=True)
class Withstood:
    """How an honest client fared during an attack.

    Attributes:
        name: of the attack.
        wait: the longest from a second to its snapshot, seconds.
        answer: the longest that an answer over HTTP took, seconds.
        ended: parts of the system that had ended.
    """

    name: str
    wait: float
    answer: float
    ended: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return self.wait <= MOST and self.answer <= MOST and not self.ended

    def __str__(self) -> str:
        ended = f", ended: {', '.join(self.ended)}" if self.ended else ""
        return f"{self.name} {self.wait:.2f} s, HTTP {self.answer:.2f} s{ended}"


def attack(*, seconds: float = 15, only: str = "") -> Verdict:
    """Run every attack, one after the other. An honest client must still get each second's snapshot.

    Args:
        seconds: of each attack.
        only: names with commas between them; unset: all.
    """
    attacks = _chosen(only)
    most = round(RATE * (len(attacks) * (seconds + BETWEEN + STARTS) + 60))
    with running_harness(fast=True, symbols=SYMBOLS) as harness:
        port = _start(harness)
        bars = _Bars(most)
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        with HonestClient(port, KEY) as client, Stream(bars):
            eventually(
                lambda: client.greatest_wait(time.time() - 2, time.time() - 1) < MOST, what="snapshots come"
            )
            target = Target(port, KEY, harness.server.url(1), until=0.0)
            withstood = [_withstand(each, target, seconds, client, harness) for each in attacks]
            bars.over.set()
        recovery = harness.drain(seconds=60)
        reconciliation = harness.reconcile(bars.sent)
        adds = any(each.adds_symbols for each in attacks)
        # Attackers' messages are dead-lettered, so dead letters are no failure.
        exact = reconciliation.exact or (adds and not reconciliation.missing)
        reconciliation = replace(reconciliation, dead=0, exact=exact)
        return Verdict(
            f"{len(attacks)} attacks of {seconds:.0f} s",
            len(bars.sent),
            reconciliation,
            recovery,
            f"greatest wait: {'; '.join(map(str, withstood))}",
            tuple(str(each) for each in withstood if not each.is_sound),
        )


def _chosen(only: str) -> list[Attack]:
    names = only.split(",") if only else [each.name for each in ATTACKS]
    if unknown := set(names) - {each.name for each in ATTACKS}:
        raise ValueError(f"there is no attack {', '.join(sorted(unknown))}")
    return [each for each in ATTACKS if each.name in names]


class _Bars:
    """Each symbol's first bar at once, then batches at :data:`RATE`, until it is over or there are no more.

    Attributes:
        over: to be set when enough have come.
        sent: those that were taken.
    """

    def __init__(self, most: int) -> None:
        self.over = threading.Event()
        self.sent: list[dict[str, Any]] = []
        self._most = most

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        bars = distinct_bars(self._most, symbols=SYMBOLS)
        self.sent = list(islice(bars, SYMBOLS))
        yield self.sent
        began = time.monotonic()
        while not self.over.is_set() and (batch := list(islice(bars, RATE // 10))):
            yield batch
            self.sent += batch
            time.sleep(max(0.0, began + (len(self.sent) - SYMBOLS) / RATE - time.monotonic()))


def _start(harness: Harness) -> int:
    """Start one process of each kind. Returns the gateway's port."""
    processes, port = harness.processes, free_port()
    processes.worker("worker")
    processes.worker("clock", "--concurrency", "2", queues="clock,reference")
    processes.beat("beat")
    processes.start("gateway", "watch", "serve", "--port", str(port), GATEWAY_API_KEY=KEY)
    processes.await_log("gateway", "the boards are at")
    return port


def _withstand(each: Attack, target: Target, seconds: float, client: HonestClient, harness: Harness) -> Withstood:
    with _attacker(each, replace(target, until=time.monotonic() + STARTS + seconds)):
        begin = time.time()
        time.sleep(seconds)
        end = time.time()
    # Wait for the last second's snapshot, and for the answer to the last request.
    time.sleep(BETWEEN)
    ended = tuple(part for part in PARTS if not harness.processes.alive(part))
    return Withstood(each.name, client.greatest_wait(begin, end), client.greatest_answer(begin, end), ended)


@contextmanager
def _attacker(each: Attack, target: Target) -> Iterator[None]:
    """A running attack, in a process of its own."""
    context = get_context("spawn")
    started = context.Event()
    process = context.Process(target=_attack, args=(each, target, started), daemon=True)
    process.start()
    assert started.wait(STARTS), f"{each.name} did not start"
    try:
        yield
    finally:
        process.kill()
        process.join()


def _attack(each: Attack, target: Target, started: Event) -> None:
    started.set()
    each.run(target)
