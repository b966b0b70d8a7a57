"""``python -m history days``: what is recorded, and what is missing."""

from datetime import date
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from history.archive.summary import Summary, summary
from history.queries.moments import clock_time
from history.recorded_days import recorded_days
from leaderboard.sessions import next_trading_day

_MEGABYTE = 1e6


def days(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line; times in Unix milliseconds.")
    ] = False,
) -> None:
    """Show the recorded days, with the times of which the boards are not known."""
    found = [summary(day) for day in recorded_days()]
    if as_json:
        for each in found:
            typer.echo(msgspec.json.encode(each))
        return
    Console(highlight=False, soft_wrap=True).print(_table(found))
    for line in missing(found):
        typer.echo(line)


def missing(found: list[Summary]) -> list[str]:
    """What is missing, a line each: gaps within days, and trading days in between of which there is nothing."""
    lines: list[str] = []
    following: date | None = None
    for each in found:
        while following and following < each.day:
            lines.append(f"{following}: nothing is recorded.")
            following = next_trading_day(following)
        lines += (
            f"{each.day}, {clock_time(gap.from_at)} to {clock_time(gap.to_at)}: {gap.why}" for gap in each.gaps
        )
        following = next_trading_day(each.day)
    return lines


def _table(found: list[Summary]) -> Table:
    right = [Column(name, justify="right") for name in ("bars", "MB", "gaps")]
    table = Table("day", "first bar", "last bar", *right)
    for each in found:
        first, last = (clock_time(at) if at else "" for at in (each.first, each.last))
        sizes = f"{each.bars:,}", f"{each.size / _MEGABYTE:,.1f}", f"{len(each.gaps)}"
        table.add_row(f"{each.day}", first, last, *sizes)
    return table
