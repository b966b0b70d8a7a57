"""A market whose screens are published, and what was published of them, tick by tick."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
from redis import Redis

from leaderboard import keys
from tests.chaos.harness import Harness
from tests.support.market import at
from tests.support.waiting import eventually

Rows = list[dict[str, Any]]


class Published(NamedTuple):
    """A screen as it was published.

    Attributes:
        slot: its second, by the publisher's count.
    """

    slot: int
    name: str
    rows: Rows


class Publications(threading.Thread):
    """Notes all that is published of the screens.

    The transaction that publishes screens adds their tick to the stream after them. Redis announces that on a
    channel too, so whatever came before belongs to that tick, however late this process hears of it.

    Args:
        url: of the boards, which have no tick yet.
        screens: names of the screens.
    """

    def __init__(self, url: str, screens: Iterable[str]) -> None:
        super().__init__(daemon=True)
        self._redis: Any = Redis.from_url(url)
        # Announce what is done to streams on a channel named after the key.
        self._redis.config_set("notify-keyspace-events", "Kt")
        self._channel = self._redis.pubsub(ignore_subscribe_messages=True)
        self._names = {keys.screen(name).encode(): name for name in screens}
        self._channel.subscribe(*self._names, f"__keyspace@0__:{keys.TICKS}")
        self._over = threading.Event()
        # By tick, the screens that were published with it.
        self._noted: list[list[tuple[str, bytes]]] = [[]]

    def run(self) -> None:
        while not self._over.is_set():
            if message := self._channel.get_message(timeout=0.2):
                if name := self._names.get(message["channel"]):
                    self._noted[-1].append((name, message["data"]))
                elif message["data"] == b"xadd":
                    self._noted.append([])

    def end(self, slots: Iterable[int]) -> list[Published]:
        """Stop, and return what was noted.

        Args:
            slots: of all ticks.
        """
        self._over.set()
        self.join()
        return [
            Published(slot, name, msgspec.json.decode(rows))
            for slot, screens in zip(slots, self._noted, strict=False)
            for name, rows in screens
        ]


def await_last_tick(harness: Harness) -> None:
    """Wait until all that was applied is in the published screens."""
    revision = harness.boards.get(keys.REVISION)
    eventually(
        lambda: harness.boards.hget(keys.SCREENS_STATE, "revision") == revision, 20, "the last bars are shown"
    )


def slots_of(redis: Any) -> list[int]:
    """The slots that were published."""
    return [int(tick.split(b"-")[0]) for tick, _ in redis.xrange(keys.TICKS)]


def missed_seconds(slots: Sequence[int], spared: int) -> Iterator[str]:
    """What is wrong with the seconds that were published.

    Args:
        slots: those that were.
        spared: so many in a row may be missing.
    """
    longest = max((later - earlier - 1 for earlier, later in pairwise(slots)), default=0)
    if longest > spared:
        yield f"{longest} seconds in a row were not published"


def market_bars(symbols: int, count: int) -> Iterator[dict[str, Any]]:
    """Bars of all symbols in turn, whose prices rise and fall by turns; the close is half-way."""
    rounds = count // symbols
    for n in range(rounds * symbols):
        turn, symbol = divmod(n, symbols)
        start = at("16:00:00") + (turn - rounds // 2) * 1000
        close = round(10 + symbol % 50 / 10 + (turn * (symbol % 7 + 1)) % 20 / 8, 3)
        yield {
            "sym": f"S{symbol:04}",
            "s": start,
            "e": start + 1000,
            "o": close - 0.25,
            "c": close,
            "h": close + symbol % 3 / 8,
            "l": close - symbol % 5 / 8,
            "vw": close,
            "v": 100 + symbol,
            "av": (turn + 1) * (100 + symbol),
        }
