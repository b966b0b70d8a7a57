"""``python -m bench.tick``: what a tick of 20 screens and 20 rules of alerts costs a clock worker and Redis.

Redis has the ticks of the last five minutes. Each second a clock worker applies what the bars of a second have
changed, and publishes the screens, of 500 rows each. The bars are applied by the real script, which is not part of
the figures. All figures are CPU time, because other programs of the machine would lengthen any other. What the
parts leave of the whole is the transaction that publishes.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Annotated, Any

import numpy as np
import psutil
import typer
from redis import Redis
from rich.console import Console

from bench import machine
from bench.bars import DAY, bars, reference
from bench.own_redis import own_redis
from bench.report import Figures
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.alerts import alerts_file
from leaderboard.alerts.publisher import AlertPublisher
from leaderboard.connections.connection import connect
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.market.change_feed import ChangeFeed
from leaderboard.market.table import MarketTable
from leaderboard.market.windows import FIELD, Tick, Windows, slot_of, slots_kept
from leaderboard.screens import screens_file
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.shards import Shards
from leaderboard.system import System
from tasks.signals import collect_garbage_rarely

INTERVAL = 1.0
#: By which fields the screens rank, in turn; and the conditions that they have, in turn.
BY = ("pct_change", "rvol", "pct_change_5m", "dollar_volume", "pct_change_since_open", "volume_1m", "high_at")
WHERE: tuple[list[str], ...] = (
    [],
    ["close >= 1", "accumulated_volume >= 10_000"],
    ["close >= 0.9 * day_high", "volume > 100"],
    ["close >= 2", "close <= 200", "avg_volume > 0", "pct_change >= -10"],
)
#: The parts of a tick, as methods that are called in it.
PARTS = {
    "read the change feed": (ChangeFeed, "read"),
    "apply it to the table": (MarketTable, "apply"),
    "windows": (Windows, "read"),
    "select rows": (MarketTable, "select"),
    "write rows as JSON": (MarketTable, "snapshot"),
    "pack the tick": (Windows, "tick"),
    "evaluate alerts": (AlertPublisher, "evaluate"),
}
#: What rules wait for, in turn: conditions, and events with conditions.
RULES: tuple[str, ...] = (
    'when = ["pct_change >= 5", "rvol >= 1", "close >= 2"]',
    'when = ["pct_change_1m >= 2", "volume_1m >= 1_000"]\nhold = 3',
    'event = "new_high"\nwhere = ["close >= 1", "accumulated_volume >= 100_000"]',
    'event = "new_low"\nwhere = ["close >= 1", "accumulated_volume >= 100_000"]',
    'event = "above_pre_high"\nhold = 2',
    'event = "spike"\nwhere = ["close >= 1"]',
    'event = "enters:gainers:10"',
    'event = "enters:screen1:10"',
)
WHOLE = "the whole tick"


def main(
    symbols: Annotated[int, typer.Option(help="Symbols of the market.", min=1)] = 11_000,
    rate: Annotated[int, typer.Option(help="Bars a second.", min=1)] = 3_000,
    screens: Annotated[int, typer.Option(help="Screens of 500 rows.", min=1)] = 20,
    rules: Annotated[int, typer.Option(help="Rules of alerts.", min=1)] = 20,
    ticks: Annotated[int, typer.Option(help="Ticks that are measured.", min=1)] = 20,
) -> None:
    """Measure ticks of the screens, part by part."""
    console = Console(highlight=False, soft_wrap=True)
    with own_redis("--appendonly", "no") as server:
        for figures in measure(server, symbols=symbols, rate=rate, screens=screens, rules=rules, ticks=ticks):
            console.print(figures.table())


def measure(
    server: RedisServer, *, symbols: int, rate: int, screens: int, rules: int, ticks: int
) -> list[Figures]:
    """Measure on an empty Redis: the milliseconds of the process, those of Redis, and memory."""
    redis = Redis.from_url(server.url())
    system = System.from_settings(Settings(redis_url=server.url(), market_clock="events"))
    system.reference.learn(DAY, reference(symbols))
    market = bars(symbols=symbols)
    system.process(list(islice(market, 20 * symbols)))
    used = _memory_of(redis)
    _publish_past(redis, rate)
    ticks_take = _memory_of(redis) - used
    path, rules_path = server.folder / "screens.toml", server.folder / "alerts.toml"
    path.write_text(screens_of(screens))
    rules_path.write_text(rules_of(rules))
    process, before = psutil.Process(), psutil.Process().memory_info().rss
    own = connect(server.url())
    alerts = AlertPublisher(own, WatchedFile(rules_path, alerts_file.load, "alerts"), interval=INTERVAL)
    screened = WatchedFile(path, screens_file.load, "screens")
    publisher = ScreenPublisher(Shards([own]), screened, interval=INTERVAL, alerts=alerts)
    figures, busy = Figures("A tick", "ms"), Figures("Redis in a tick", "ms")
    started = Figures("The first tick of a process", "ms")
    _measure_tick(redis, publisher, started, busy)
    busy.rounds.clear()
    # As a clock worker does.
    collect_garbage_rarely()
    for _ in range(ticks):
        system.process(list(islice(market, rate)))
        _measure_tick(redis, publisher, figures, busy)
    memory = Figures("Memory", "MB")
    memory.add("of the process, by the publisher", (process.memory_info().rss - before) / 1e6)
    memory.add("of Redis, by the ticks", ticks_take / 1e6)
    return [figures, busy, started, memory]


def rules_of(count: int) -> str:
    """A file of rules that differ in what they wait for, and in their cooldowns."""
    return "\n".join(
        f'[[alert]]\nname = "rule{n}"\ncooldown = {60 * n}\n{RULES[n % len(RULES)]}' for n in range(count)
    )


def screens_of(count: int) -> str:
    """A file of screens that differ in order, field and conditions."""
    return "\n".join(
        f'[[screen]]\nname = "screen{n}"\ntitle = "Screen {n}"\nby = "{BY[n % len(BY)]}"\n'
        f'order = "{"descending" if n % 3 else "ascending"}"\nwhere = {WHERE[n % len(WHERE)]}'
        for n in range(count)
    )


def _publish_past(redis: Redis, rate: int) -> None:
    """Publish the ticks of the last five minutes, of rows near the present ones."""
    table, rng = MarketTable(), random.Random(1)
    changes = ChangeFeed(redis).read()
    table.apply(changes)
    fields = np.array([table.column("close"), table.column("accumulated_volume")])
    last = slot_of(changes.time, INTERVAL)
    day = changes.session.day_number if changes.session else 0
    previous = 0
    for slot in range(last - slots_kept(INTERVAL), last):
        # As unevenly as the bars.
        rows = sorted({int(len(table) * rng.random() ** 2) for _ in range(rate)})
        values = fields[:, rows]
        tick = Tick(
            slot, previous, day, changes.revision, [table.symbols[row] for row in rows], values * 0.99, values
        )
        entry: Any = {FIELD: tick.pack()}
        redis.xadd(keys.TICKS, entry, f"{slot}-0")
        previous = slot


def _measure_tick(redis: Redis, publisher: ScreenPublisher, figures: Figures, busy: Figures) -> None:
    _await_slot(redis)
    spent: dict[str, float] = dict.fromkeys([WHOLE, *PARTS], 0.0)
    redis_before = machine.cpu(redis)
    with ExitStack() as stack:
        for part, (owner, method) in PARTS.items():
            stack.enter_context(_timed(owner, method, part, spent))
        began = time.thread_time()
        ticked = publisher.publish()
        spent[WHOLE] = time.thread_time() - began
    assert ticked.result == "published", ticked
    for part, seconds in spent.items():
        figures.add(part, seconds * 1e3)
    figures.add("publish, and the rest", 2e3 * spent[WHOLE] - 1e3 * sum(spent.values()))
    busy.add(f"{ticked.screens} screens, {ticked.rows:,} rows", (machine.cpu(redis) - redis_before) * 1e3)


def _await_slot(redis: Redis) -> None:
    seconds, microseconds = redis.time()
    passed = (seconds + microseconds / 1e6) / INTERVAL % 1
    time.sleep((1.05 - passed) * INTERVAL)


def _memory_of(redis: Redis) -> float:
    return float(redis.info("memory")["used_memory"])


@contextmanager
def _timed(owner: type, method: str, part: str, spent: dict[str, float]) -> Iterator[None]:
    """Add the time that calls of a method take."""
    original = getattr(owner, method)

    def call(*arguments: Any, **options: Any) -> Any:
        began = time.thread_time()
        try:
            return original(*arguments, **options)
        finally:
            spent[part] += time.thread_time() - began

    setattr(owner, method, call)
    try:
        yield
    finally:
        setattr(owner, method, original)


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
