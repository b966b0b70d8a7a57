"""Rows of a board to show."""

from typing import Any

from watch.terminal.row import Row


def row(rank: int, symbol: str, **fields: Any) -> Row:
    """A row with a price, a change up since the close and down since the open."""
    usual = {
        "close": 12.34,
        "change": 2.0,
        "pct_change": 19.34,
        "change_since_open": -0.5,
        "pct_change_since_open": -3.89,
        "accumulated_volume": 12_300_000.0,
        "avg_volume": 4_100_000.0,
        "relative_volume": 3.0,
        "free_float": 91_000_000.0,
    }
    return Row(rank, symbol, usual | fields)
