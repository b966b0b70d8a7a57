"""One of three clock workers is killed again and again while rules of alerts are evaluated."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

import msgspec
from redis import Redis

from leaderboard import keys
from tests.chaos.harness import Harness, running_harness
from tests.chaos.killed_clock import stream_and_kill
from tests.chaos.publications import Published, market_bars, missed_seconds
from tests.chaos.verdict import Verdict
from tests.support.alert_oracle import Alerts, Rule
from tests.support.alert_oracle import as_toml as rules_as_toml
from tests.support.history.recording import await_recording, await_stored
from tests.support.market import TODAY
from tests.support.screen_oracle import Screen, as_toml

#: Shows every row of the market, so that it tells what the market was at each tick.
WHOLE = "whole"
#: The other one is named by a rule.
SCREENS = {WHOLE: Screen("dollar_volume"), "cheap": Screen("close", "ascending", ["accumulated_volume >= 5_000"])}
#: Of every kind. Rows come to satisfy them and cease to, some within a hold and some within a cooldown.
RULES = [
    Rule("dear", when=["close >= 14"], hold=2, cooldown=20),
    Rule("running", when=["pct_change_1m > 5", "volume_1m > 100"], cooldown=30),
    Rule("high", event="new_high", where=["close >= 12"], cooldown=5),
    Rule("low", event="new_low", hours=["post"], cooldown=10),
    Rule("spike", event="spike", cooldown=40),
    Rule("leader", event="enters:gainers:10", hold=1, cooldown=0),
    Rule("cheap", event="enters:cheap:5", cooldown=3),
]


def alerts(
    *, symbols: int = 300, rate: float = 1_000, seconds: float = 100, between: float = 3, spared: int = 1
) -> Verdict:
    """Kill clock workers while bars stream, and compare what fires with the oracle, and with history.

    Args:
        symbols: of the market, at most 500: as many as a screen shows.
        rate: bars a second.
        seconds: for which bars stream; at most 250, since ticks are kept for five minutes.
        between: seconds between two SIGKILLs.
        spared: seconds in a row that may go without a tick.
    """
    with running_harness(fast=True, symbols=symbols) as harness:
        rules = _declare(harness)
        harness.processes.start("recorder", "history", "record")
        await_recording(harness.boards)
        bars = list(market_bars(symbols, round(rate * seconds)))
        ran = stream_and_kill(harness, bars, screens=[WHOLE], clock_workers=3, rate=rate, between=between)
        oracle = _expected(ran.noted, ran.slots)
        live = _up_to(_fired(harness.boards), ran.slots)
        again = _up_to(_fired_by_history(harness, rules), ran.slots)
        fired = {each.partition(":")[0] for each in live}
        notes = (
            f"{len(ran.slots)} ticks; alerts of {len(fired)} of {len(RULES)} rules: {len(live):,} live, "
            f"{len(oracle):,} by the oracle and {len(again):,} by history"
        )
        broken = (*_differing(live, oracle, again), *missed_seconds(ran.slots, spared))
        return ran.verdict(harness, bars, notes, broken)


def _declare(harness: Harness) -> Path:
    """Name files of screens and rules, and a folder of history, to all processes that are started from now on."""
    folder = harness.server.folder
    screens, rules, history = folder / "screens.toml", folder / "alerts.toml", folder / "history"
    screens.write_text(as_toml(SCREENS))
    rules.write_text(rules_as_toml(RULES))
    os.environ |= {"SCREENS_FILE": str(screens), "ALERTS_FILE": str(rules), "HISTORY_DIR": str(history)}
    return rules


def _fired(redis: Redis) -> list[str]:
    """The ids that fired live, in the order of the stream."""
    entries = cast(list[tuple[bytes, dict[bytes, bytes]]], redis.xrange(keys.ALERTS))
    return [_id(fields[b"alert"]) for _, fields in entries]


def _fired_by_history(harness: Harness, rules: Path) -> list[str]:
    """The ids that the same rules fire over what was recorded."""
    await_stored(harness.boards)
    day = TODAY.isoformat()
    ended = harness.processes.run("history", "alerts", "--rules", str(rules), "--day", day, "--json", seconds=300)
    return [_id(line.encode()) for line in ended.stdout.splitlines()]


def _id(alert: bytes) -> str:
    return str(msgspec.json.decode(alert)["id"])


def _expected(noted: Iterable[Published], slots: Sequence[int]) -> list[str]:
    """The ids that the oracle fires at some ticks, of what was published by then."""
    published = {slot: [*each] for slot, each in groupby(noted, attrgetter("slot"))}
    oracle, rows, ids = Alerts(RULES), dict[str, Any](), list[str]()
    for slot in slots:
        for each in published.get(slot, ()):
            rows = {row["symbol"]: row for row in each.rows}
        ids += oracle.tick(slot, rows, (TODAY, "regular") if rows else None, SCREENS)
    return ids


def _up_to(ids: Iterable[str], slots: Sequence[int]) -> list[str]:
    """Those of ticks that were looked at: beats go on sending."""
    return [each for each in ids if int(each.rpartition(":")[2]) <= slots[-1]]


def _differing(live: list[str], oracle: list[str], again: list[str]) -> Iterator[str]:
    """What is wrong with the ids."""
    if doubled := len(live) - len({*live}):
        yield f"{doubled} alerts fired twice"
    if not live:
        yield "nothing fired"
    for name, ids in (("the oracle", oracle), ("history", again)):
        if ids != live:
            missing, more = sorted({*ids} - {*live}), sorted({*live} - {*ids})
            yield f"{name} differs: {len(missing)} did not fire, as {missing[:3]}; {len(more)} did, as {more[:3]}"
