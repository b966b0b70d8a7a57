"""``python -m history profile``: makes volume profiles of flat files or of recorded days."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from config.settings import settings
from history.database import database
from history.profiles.recorded import make_recorded_profiles
from history.profiles.volume_profiles import MadeProfiles, make_profiles
from history.recorded_days import recorded_days
from leaderboard.reference import Reference, VolumeProfile
from leaderboard.reference.redis_reference import BATCH
from leaderboard.sessions import NEW_YORK
from leaderboard.system import System

#: At most so many invalid symbols are named.
_NAMED = 5


def profile(
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, metavar="FILE...", help="Flat files, plain or gzipped."),
    ] = None,
    from_history: Annotated[
        bool, typer.Option("--from-history", help="Of the days in HISTORY_DIR before today, instead of files.")
    ] = False,
    bar_seconds: Annotated[
        int | None,
        typer.Option(min=1, max=86_400, help="Length of the files' bars; else 1 or 60, by their spacing."),
    ] = None,
) -> None:
    """Make each symbol's volume profile of its last 30 sessions, and store it as reference data.

    Nothing is stored unless all files, or days, could be read.
    """
    if bool(files) == from_history:
        raise typer.BadParameter("name either files, or --from-history", param_hint="FILE...")
    recorded = recorded_days() if from_history else []
    system = System.from_settings(settings())
    # If the boards' Redis is away, say so before minutes of work and not after them.
    system.session()
    console = Console(highlight=False, soft_wrap=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()
    with database() as opened, Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        steps = 2 * len(files) if files else len(recorded)
        task, done = progress.add_task("", total=steps), count()

        def step(text: str) -> None:
            progress.update(task, completed=next(done), description=text)

        if files:
            made = make_profiles(opened, files, bar_seconds, step)
        else:
            made = make_recorded_profiles(opened, recorded, _first_not_over(system), step)
        step("done")
    for sentence in summary(made):
        print(sentence)
    changed = store(system, made.profiles)
    print(f"Stored the profiles of {len(made.profiles):,} symbols, {changed:,} of which changed.")


def _first_not_over(system: System) -> date:
    """The first trading day whose session is not over yet."""
    shown = system.session()
    if settings().market_clock == "events" and shown:
        return shown.day
    # A session is over at 20:00.
    return (datetime.now(NEW_YORK) + timedelta(hours=4)).date()


def store(system: System, profiles: Mapping[str, VolumeProfile]) -> int:
    """Store profiles as reference data of the present day; returns how many symbols' data changed."""
    day, changed = system.reference.present_day(), 0
    each = iter(profiles.items())
    while batch := dict(islice(each, BATCH)):
        changed += system.reference.learn(
            day, {symbol: Reference(volume_profile=profile) for symbol, profile in batch.items()}
        )
    return changed


def summary(made: MadeProfiles) -> list[str]:
    """Sentences for the user about what profiles are made of."""
    sessions = sorted(profile.sessions for profile in made.profiles.values())
    days = f"{len(made.days)} days" if len(made.days) > 1 else "1 day"
    sentences = [f"{days} from {made.days[-1]} to {made.days[0]}, {made.rows:,} rows."]
    if made.repeated:
        sentences.append(f"Duplicate rows count once, {made.repeated:,} of them.")
    sentences += [f"Left out: {day} {made.left_out[day]}." for day in sorted(made.left_out)]
    if made.invalid_symbols:
        named = ", ".join(map(repr, made.invalid_symbols[:_NAMED]))
        more = f" and {len(made.invalid_symbols) - _NAMED:,} more" if len(made.invalid_symbols) > _NAMED else ""
        sentences.append(f"Left out as invalid symbols: {named}{more}.")
    if sessions:
        least, most = sessions[0], sessions[-1]
        spread = f"of {least} to {most} sessions, median {median(sessions):.0f}"
        if least == most:
            spread = f"sessions of each: {least}"
        sentences.append(f"{len(sessions):,} symbols, {spread}.")
    return sentences
