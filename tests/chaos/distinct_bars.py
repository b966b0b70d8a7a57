"""Bars each of which leaves a trace, so that a drill notices each lost one."""

import random
from collections.abc import Iterator
from typing import Any

from tests.support.market import at

#: Bars of a symbol. The first determines its open price and the last its row, so either shows when lost.
PER_SYMBOL = 2


def distinct_bars(
    bars: int, seed: int = 1, symbols: int | None = None, first: int = 0, start: int | None = None
) -> Iterator[dict[str, Any]]:
    """Distinct bars, equally many of each symbol, in time order.

    Args:
        bars: in all, at most.
        seed: of the random numbers.
        symbols: how many; unset: as many as have :data:`PER_SYMBOL` bars each.
        first: number of the first symbol.
        start: of the first bar, Unix milliseconds; unset: 09:30.
    """
    rng = random.Random(seed)
    symbols = symbols or bars // PER_SYMBOL
    opening = at("09:30:00") if start is None else start
    for n in range(bars // symbols * symbols):
        price, shares = round(rng.uniform(1, 300), 2), rng.randrange(100, 5000)
        began = opening + n // 8000 * 1000
        yield {
            "ev": "A",
            "sym": f"S{first + n % symbols:06}",
            "v": shares,
            # Rises from bar to bar of a symbol.
            "av": shares + n // symbols * 10_000,
            "vw": price,
            "o": price,
            "c": round(price * rng.uniform(0.9, 1.1), 4),
            "h": price * 1.2,
            "l": price * 0.8,
            "s": began + n // symbols * 1000,
            "e": began + n // symbols * 1000 + 1000,
        }
