"""A service that alerts are sent to is away, and notifiers are killed, while alerts fire."""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from redis import Redis

from leaderboard import keys
from leaderboard.alerts.stream import BEGINNING, AlertReader
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.producer import Stream
from tests.chaos.publications import missed_seconds, slots_of
from tests.chaos.verdict import Verdict
from tests.support.market import at
from tests.support.waiting import eventually
from tests.support.webhook import Webhook

#: Few enough alerts that a message has room for all that fire in a minute.
RULE = """
[[alert]]
name = "dear"
when = ["close >= 11", "volume < 110"]
cooldown = 0
"""
# What a line of a message has before the alert's text, unless that is alone.
_CLOCK = re.compile(r"^\d\d:\d\d:\d\d ")


def notify(
    *,
    symbols: int = 100,
    rate: float = 1_000,
    away: float = 60,
    kills: int = 4,
    between: float = 6,
    spared: int = 1,
) -> Verdict:
    """Take a service away, kill notifiers, and look whether each alert reached both services.

    Args:
        symbols: of the market; the first ten have alerts.
        rate: bars a second.
        away: seconds for which one of two services is away.
        kills: SIGKILLs of the notifier afterwards.
        between: seconds between two of them.
        spared: seconds in a row that may go without a tick.
    """
    with running_harness(fast=True, symbols=symbols) as harness:
        services = service, other = Webhook(), Webhook()
        _start(harness, services)
        bars = list(_bars(symbols, round(rate * (away + kills * between + 15))))
        with Stream(paced(bars, rate)):
            eventually(lambda: service.messages, what="the first message")
            worst = _take_away(harness, service, other, away)
            _kill_notifiers(harness, kills, between, services)
        recovery = harness.drain(60)
        for each in services:
            _await_all(harness.boards, each)
        fired, again = _fired(harness.boards).total(), sum(_again(harness.boards, each) for each in services)
        return Verdict(
            f"a service away for {away:.0f} s, then {kills} SIGKILLs of the notifier",
            len(bars),
            harness.reconcile(bars),
            recovery,
            f"{fired} alerts reached both services, {again} of them again; while one service was away, the other "
            f"had each after {worst:.1f} s at most",
            (*_broken(fired, worst), *missed_seconds(slots_of(harness.boards), spared)),
        )


def _start(harness: Harness, services: Sequence[Webhook]) -> None:
    """Start everything, the notifier before anything can fire."""
    (rules := harness.server.folder / "alerts.toml").write_text(RULE)
    os.environ |= {"ALERTS_FILE": str(rules), "ALERT_INTERVAL": "1"}
    harness.workers("worker0")
    harness.processes.worker("clock", "--pool", "solo", queues="clock,reference")
    _start_notifier(harness, 0, services)
    eventually(lambda: harness.boards.hlen(keys.NOTIFIER_POSITIONS) == len(services), what="the services' places")
    harness.processes.beat("beat")


def _start_notifier(harness: Harness, number: int, services: Sequence[Webhook]) -> None:
    urls = " ".join(each.url for each in services)
    harness.processes.start(f"notifier{number}", "watch", "notify", ALERT_URLS=urls)


def _take_away(harness: Harness, service: Webhook, other: Webhook, seconds: float) -> float:
    """Have a service be away. Returns for how long the other one lacked an alert at most, seconds."""
    service.stop()
    deadline, worst = time.monotonic() + seconds, 0.0
    while time.monotonic() < deadline:
        worst = max(worst, _age_of_missing(harness.boards, other))
        time.sleep(0.1)
    service.start()
    _await_all(harness.boards, service)
    return worst


def _kill_notifiers(harness: Harness, kills: int, between: float, services: Sequence[Webhook]) -> None:
    for number in range(kills):
        time.sleep(between)
        harness.processes.signal(f"notifier{number}", signal.SIGKILL)
        _start_notifier(harness, number + 1, services)


# --- what fired, and what came


def _fired(redis: Redis) -> Counter[str]:
    """The texts of all alerts, the oldest first."""
    return Counter(entry.alert.text for entry in AlertReader(redis).read(BEGINNING, 10_000, 0.001)[0])


def _came(service: Webhook) -> Counter[str]:
    return Counter(_CLOCK.sub("", line) for line in service.lines)


def _missing(redis: Redis, service: Webhook) -> Counter[str]:
    return _fired(redis) - _came(service)


def _await_all(redis: Redis, service: Webhook) -> None:
    """Wait until a service has taken each alert: longer than an attempt may be put off."""
    eventually(lambda: not _missing(redis, service), 90, "all alerts")


def _again(redis: Redis, service: Webhook) -> int:
    """How many came more often than they fired."""
    return (_came(service) - _fired(redis)).total()


def _age_of_missing(redis: Redis, service: Webhook) -> float:
    """Seconds since the oldest alert fired that a service has not taken."""
    left = _came(service)
    for entry in AlertReader(redis).read(BEGINNING, 10_000, 0.001)[0]:
        if not left[entry.alert.text]:
            return time.time() - entry.alert.at / 1000
        left[entry.alert.text] -= 1
    return 0.0


def _broken(fired: int, worst: float) -> Iterator[str]:
    if not fired:
        yield "no alert fired"
    if worst > 5:
        yield f"the service that was there waited {worst:.1f} s for an alert"


def _bars(symbols: int, count: int) -> Iterator[dict[str, Any]]:
    """Bars of all symbols in turn, whose prices are above 11 for a while, then below, each at its own times."""
    for n in range(count // symbols * symbols):
        turn, symbol = divmod(n, symbols)
        close = 11.5 if (turn + 10 * symbol) % 100 < 50 else 10.5
        start = at("10:00:00") + turn * 100
        yield {
            "sym": f"S{symbol:04}",
            "s": start,
            "e": start + 100,
            "o": 10.5,
            "c": close,
            "h": 11.5,
            "l": 10.5,
            "vw": close,
            "v": 100 + symbol,
            "av": (turn + 1) * (100 + symbol),
        }
