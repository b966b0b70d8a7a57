"""Flat files of a few bars."""

from pathlib import Path
from typing import Any

from feeds.flatfiles.bar import events
from feeds.flatfiles.flat_file import read
from feeds.flatfiles.trading_day import trading_days

HEADER = "ticker,volume,open,close,high,low,window_start,transactions"


def line(symbol: str, start: int, volume: object = 100, close: object = 10.0) -> str:
    """A line of a flat file; `start` is in Unix milliseconds."""
    return f"{symbol},{volume},9.5,{close},10.5,9.25,{start}000000,3"


def written(folder: Path, *lines: str, header: str = HEADER, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def events_of(*paths: Path) -> list[dict[str, Any]]:
    return [event for day in trading_days(map(read, paths)) for event in events(day.bars())]
