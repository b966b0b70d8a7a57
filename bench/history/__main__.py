"""``python -m bench.history``: what it costs to record a market, and to ask what it was.

First the tape, with a recorder and without by turns. Then a recorder at a live market's pace. Then some minutes
after a market's open, as fast as they go through the real scripts and a real recorder, each second with a tick:
their size on disk, and verifying them. They have seven times as many bars a second as the day has in the mean.
Then copies of these minutes make a whole day, about which is asked.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bench.history import pace, queries, tape
from bench.history.day import fill_up, record_day
from bench.history.market import market
from bench.own_redis import own_redis
from bench.report import Figures
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer


def main(
    symbols: Annotated[int, typer.Option(help="Symbols of the market.", min=1)] = 11_000,
    rate: Annotated[int, typer.Option(help="Bars a second, in the mean of a day.", min=1)] = 3_000,
    rounds: Annotated[int, typer.Option(help="Rounds in which what is compared takes turns.", min=1)] = 8,
    paced: Annotated[int, typer.Option(help="Seconds of the recorder at a live market's pace.", min=1)] = 240,
    recorded: Annotated[int, typer.Option(help="Seconds of the market that are recorded.", min=1)] = 600,
    copies: Annotated[int, typer.Option(help="Copies of them that make a day.", min=0)] = 15,
    questions: Annotated[int, typer.Option(help="Questions of each kind.", min=1)] = 100,
) -> None:
    """Measure what it costs to record a market, and to ask what it was."""
    console = Console(highlight=False, soft_wrap=True)
    with own_redis("--appendonly", "no") as server, tempfile.TemporaryDirectory() as folder:
        for figures in tape.measure(server.url(), symbols=symbols, rate=rate, rounds=rounds):
            console.print(figures.table())
        for figures in pace.measure(
            server.url(), Path(folder) / "paced", symbols=symbols, rate=rate, length=paced
        ):
            console.print(figures.table())
        _a_day(console, server, Path(folder) / "history", symbols, rate, recorded, copies, questions)


def _a_day(
    console: Console,
    server: RedisServer,
    history: Path,
    symbols: int,
    rate: int,
    recorded: int,
    copies: int,
    questions: int,
) -> None:
    with Progress(console=Console(stderr=True)) as progress:
        day = record_day(server.url(), history, symbols=symbols, rate=rate, length=recorded, progress=progress)
        size = Figures(f"On disk, of {day.bars:,} bars", "bytes a bar")
        size.add("bars", day.size("bars") / day.bars)
        size.add("all tables", day.size() / day.bars)
        recorder = Figures("The recorder, as fast as it goes: CPU per bar", "us")
        recorder.add("recorder", day.cpu * 1e6 / day.bars)
        for figures in (size, recorder, queries.verify(day)):
            console.print(figures.table())
        first = fill_up(day, copies, progress)
    console.print(f"A day of {day.bars * (copies + 1):,} bars, {day.size() / 1e6:,.0f} MB\n")
    symbols_asked = sorted(market(symbols, rate).reference())
    console.print(queries.ask(day, first, symbols_asked, questions).table())


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
