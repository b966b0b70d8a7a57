"""A market to measure with: every bar newer than all before it, symbols drawn as unevenly as in a real one."""

import random
from collections.abc import Iterator
from datetime import date, datetime
from itertools import count
from typing import Any

from leaderboard.reference import PreviousDay, Profile, Reference, VolumeProfile
from leaderboard.reference.volume_profile import TIMES
from leaderboard.sessions import NEW_YORK

DAY = date(2026, 11, 20)
SYMBOLS = 8_000
OPEN = int(datetime.combine(DAY, datetime.min.time(), NEW_YORK).timestamp() * 1000) + (9 * 60 + 30) * 60_000
_MOST_SHARES = 5_000


def reference(symbols: int = SYMBOLS) -> dict[str, Reference]:
    rng = random.Random(1)
    # As if as much were traded in each five minutes.
    usual = VolumeProfile.of([1e3 * each for each in range(TIMES)], 30)
    return {
        symbol_of(n): Reference(
            PreviousDay(10.0, 11.0, 9.0, round(rng.uniform(1, 300), 2), 1e6, 10.2),
            Profile(rng.uniform(1e4, 1e7), rng.uniform(1e6, 1e9)),
            usual,
        )
        for n in range(symbols)
    }


def sampled() -> frozenset[str]:
    """Every fiftieth symbol, busy and quiet ones, for measurements that cannot follow all."""
    return frozenset(symbol_of(n) for n in range(0, SYMBOLS, 50))


def bars(first: int = 0, symbols: int = SYMBOLS) -> Iterator[dict[str, Any]]:
    """Bars without end, 2,000 a second of market time.

    Args:
        first: number of the first of them. All are newer than the bars of lower numbers, also of another call.
        symbols: how many there are.
    """
    rng = random.Random(first)
    price = [round(rng.uniform(1, 300), 2) for _ in range(symbols)]
    # More than any symbol can have after `first` bars.
    volume = [_MOST_SHARES * first] * symbols
    for n in count(first):
        symbol = int(symbols * rng.random() ** 2)
        close = round(price[symbol] * rng.uniform(0.998, 1.002), 4)
        shares = rng.randrange(100, _MOST_SHARES)
        volume[symbol] += shares
        start = OPEN + n // 2000 * 1000
        yield {
            "ev": "A",
            "sym": symbol_of(symbol),
            "v": shares,
            "av": volume[symbol],
            "op": 10.5,
            "vw": round((price[symbol] + close) / 2, 4),
            "o": price[symbol],
            "c": close,
            "h": max(price[symbol], close),
            "l": min(price[symbol], close),
            "a": round((price[symbol] + close) / 2, 4),
            "z": 87,
            "s": start,
            "e": start + 1000,
        }
        price[symbol] = close


def symbol_of(n: int) -> str:
    """Four letters, the same ones for the same number."""
    letters = ""
    for _ in range(4):
        n, letter = divmod(n, 26)
        letters += chr(ord("A") + letter)
    return letters
