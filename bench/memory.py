"""``python -m bench.memory``: the memory of each family of Redis keys, by the number of symbols.

It starts a Redis, without an append-only file, whose buffers would count. It applies reference data and bars of
all symbols, publishes the boards, queues bars, then fetches these without acknowledging them. Sizes are those of
``MEMORY USAGE`` with all elements sampled: a key's name and its value. The server's memory grows by more: the hash
tables of keys and expiries, and loaded scripts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, cast

import typer
from kombu import Connection
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench.bars import DAY, bars, reference
from bench.child import Child
from bench.own_redis import own_redis
from bench.producer import Order, Sent
from config.celery import AGGS
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.clock import Clock
from leaderboard.connections.connection import connect
from leaderboard.shards import Shards
from leaderboard.system import System

# Bars of a symbol, on average. Half of the quietest symbols have more than seven.
_BARS = 20
# How many of these are before 09:30, so that symbols have the opens of two sessions.
_PRE_MARKET = 2
_HOUR = 3_600_000
# The number of dead letters, and of bars in the queue.
_SAMPLE = 5_000
_BATCH = 500
_FAST = "tasks.fastlane.transport:Transport"
_UNACKED = ("unacked", "unacked_index")
# Characters.
_WIDTH = 115


@dataclass(frozen=True)
class Family:
    """Keys of one kind.

    Attributes:
        name: for the table.
        of: what `count` counts.
        count: of the keys, or of what one key holds.
        size: of all of them, bytes.
    """

    name: str
    of: str
    count: int
    size: int


@dataclass(frozen=True)
class Measured:
    """What a database holds.

    Attributes:
        families: its keys.
        growth: of the server's ``used_memory``, bytes.
    """

    families: list[Family]
    growth: int

    @property
    def size(self) -> int:
        return sum(family.size for family in self.families)


def main(
    symbols: Annotated[int, typer.Option(help="Symbols of the market.", min=1)] = 11_000,
) -> None:
    """Measure what each family of Redis keys takes."""
    with own_redis("--appendonly", "no") as server:
        console = Console(highlight=False, width=_WIDTH)
        console.print(_table(f"The boards' Redis, {symbols:,} symbols", market(server, symbols)))
        console.print(_table(f"{_SAMPLE:,} dead letters", letters(server)))
        console.print(_table(f"The broker's Redis, {_SAMPLE:,} queued bars", queued(server)))
        console.print(_table(f"The broker's Redis, {_SAMPLE:,} bars in flight", in_flight(server)))


def market(server: RedisServer, symbols: int) -> Measured:
    """Fill the boards' database with a market in the middle of its day."""
    settings = Settings(redis_url=server.url(), market_clock="events")
    before = _used(server)
    redis = connect(settings.redis_url)
    system = System(Shards([redis]), Clock(redis), settings, None)
    system.reference.learn(DAY, reference(symbols))
    tape = bars(symbols=symbols)
    early = list(islice(tape, _PRE_MARKET * symbols))
    for batch in _batches({**bar, "s": bar["s"] - _HOUR, "e": bar["e"] - _HOUR} for bar in early):
        system.process(batch)
    for batch in _batches(islice(tape, (_BARS - _PRE_MARKET) * symbols)):
        system.process(batch)
    system.publish()
    redis.close()
    return Measured(_families(server.url()), _used(server) - before)


def letters(server: RedisServer) -> Measured:
    """Add dead letters to the boards' database: bars without a price."""
    settings = Settings(redis_url=server.url(), market_clock="events")
    before = _used(server)
    redis = connect(settings.redis_url)
    system = System(Shards([redis]), Clock(redis), settings, None)
    for batch in _batches({**bar, "c": None} for bar in islice(bars(), _SAMPLE)):
        system.process(batch)
    redis.close()
    family = _whole(Redis.from_url(server.url()), keys.DEAD, "letters")
    return Measured([family], _used(server) - before)


def queued(server: RedisServer) -> Measured:
    """Fill the queue with bars."""
    before = _used(server)
    environment = {"REDIS_URL": server.url(), "CELERY_BROKER_URL": server.url(1), "FAST_LANE": "1"}
    with Child("bench.producer", Order("delay_many", 0, _SAMPLE), **environment) as producer:
        producer.go()
        producer.result(Sent)
    return Measured([_whole(Redis.from_url(server.url(1)), AGGS, "bars")], _used(server) - before)


def in_flight(server: RedisServer) -> Measured:
    """Fetch the queued bars, and acknowledge none."""
    broker = Redis.from_url(server.url(1))
    waited = _used(server) - int(broker.memory_usage(AGGS, samples=0) or 0)
    with Connection(server.url(1), transport=_FAST) as connection:
        channel = connection.default_channel
        while channel.basic_get(AGGS):
            pass
        families = [_whole(broker, key, "bars") for key in _UNACKED]
        return Measured(families, _used(server) - waited)


def _families(url: str) -> list[Family]:
    redis = Redis.from_url(url)
    families: dict[str, Family] = {}
    for key in redis.scan_iter(count=1_000):
        name, of = _family(key.decode())
        so_far = families.get(name, Family(name, of, 0, 0))
        count = 1 if of == "keys" else _length(redis, key.decode())
        families[name] = Family(name, of, so_far.count + count, so_far.size + _size(redis, key.decode()))
    return sorted(families.values(), key=lambda family: -family.size)


def _family(key: str) -> tuple[str, str]:
    """The name of a key's family, and what its members are."""
    if key in {board.key for board in BOARDS} | {
        keys.RECORDS,
        keys.REFERENCE_VERSIONS,
        keys.REFERENCE_EXPIRIES,
        keys.CHANGES,
    }:
        return key, "symbols"
    for prefix, suffix, name in _PATTERNS:
        if key.startswith(prefix) and key.endswith(suffix):
            return name, "keys"
    return key, "keys"


def _pattern(name: str) -> tuple[str, str, str]:
    prefix, _, suffix = name.partition("SYMBOL")
    return prefix, suffix, name


_PATTERNS = [
    _pattern(name)
    for name in (
        keys.row("SYMBOL"),
        keys.quote("SYMBOL"),
        keys.previous_day("SYMBOL", DAY),
        keys.profile("SYMBOL"),
        keys.volume_profile("SYMBOL"),
    )
]


def _whole(redis: Redis, key: str, of: str) -> Family:
    return Family(key, of, _length(redis, key), _size(redis, key))


def _size(redis: Redis, key: str) -> int:
    return int(redis.memory_usage(key, samples=0) or 0)


def _length(redis: Redis, key: str) -> int:
    count = {b"hash": redis.hlen, b"zset": redis.zcard, b"list": redis.llen, b"stream": redis.xlen}
    return int(count[cast(bytes, redis.type(key))](key))


def _used(server: RedisServer) -> int:
    """The server's memory in bytes, without the buffers of clients that have just disconnected."""
    with Redis.from_url(server.url()) as redis:
        stats: Any = redis.memory_stats()
        return int(stats["total.allocated"]) - int(stats["clients.normal"])


def _batches(events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    events = iter(events)
    while batch := list(islice(events, _BATCH)):
        yield batch


def _table(title: str, measured: Measured) -> Table:
    table = Table(title=title, title_justify="left", show_footer=True)
    table.add_column("keys", "all of them")
    table.add_column("holding", justify="right")
    table.add_column("bytes each", justify="right")
    table.add_column("MB", f"{measured.size / 1e6:,.2f}", justify="right")
    for family in measured.families:
        each = family.size / family.count if family.count else 0
        table.add_row(family.name, f"{family.count:,} {family.of}", f"{each:,.0f}", f"{family.size / 1e6:,.2f}")
    table.caption = f"The server's memory grew by {measured.growth / 1e6:,.2f} MB"
    table.caption_justify = "left"
    return table


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
