"""``python -m feeds replay``: replays the bars of flat files, or of a recorded day."""

from datetime import date, time
from pathlib import Path
from typing import Annotated

import typer

from feeds import options
from feeds.flatfiles.replay import replay_files
from history.options import day, time_of_day


def replay(
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, metavar="FILE...", help="Flat files, plain or gzipped."),
    ] = None,
    history: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DAY", help="Replay this recorded day, of HISTORY_DIR, instead."),
    ] = None,
    speed: Annotated[
        float, typer.Option(parser=options.speed, metavar="N|max", help="How many times real time.")
    ] = 1.0,
    bar_seconds: Annotated[
        int | None,
        typer.Option(min=1, max=86_400, help="Length of the files' bars; else 1 or 60, by their spacing."),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, metavar="FILE", help="Flat file of the day before the first."),
    ] = None,
    start: Annotated[
        time | None,
        typer.Option(
            "--from",
            parser=time_of_day,
            metavar="HH:MM[:SS]",
            help="Of a recorded day: leave out what came before.",
        ),
    ] = None,
    end: Annotated[
        time | None,
        typer.Option("--to", parser=time_of_day, metavar="HH:MM[:SS]", help="Of a recorded day: stop there."),
    ] = None,
) -> None:
    """Replay the bars of flat files in time order, or those of a recorded day in the order in which they came.

    Start all processes with MARKET_CLOCK=events: they then take the time from the bars.
    """
    if bool(files) == bool(history):
        raise typer.BadParameter("name either files, or a recorded day by --history DAY", param_hint="FILE...")
    if history:
        if bar_seconds or previous:
            raise typer.BadParameter("these are of files", param_hint="--bar-seconds, --previous")
        if start and end and start >= end:
            raise typer.BadParameter("the first has to be before the second", param_hint="--from, --to")
        # Imported here, for the packages that it needs are not in every installation.
        from feeds.recorded.replay import replay_day

        replay_day(history, speed, start, end)
        return
    if start or end:
        raise typer.BadParameter("these are of a recorded day", param_hint="--from, --to")
    replay_files(files or [], speed, bar_seconds, previous)
