"""Makes volume profiles of flat files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from history.database import Database
from history.errors import HistoryError
from history.profiles.bars import Bars
from history.profiles.flat_file import FlatFile, survey
from history.profiles.mean_volumes import MeanVolumes
from leaderboard.event import is_symbol
from leaderboard.reference.volume_profile import VolumeProfile
from leaderboard.sessions import CLOSE, closing_time, is_trading_day


@dataclass
class MadeProfiles:
    """Profiles, and what they are made of.

    Attributes:
        profiles: by symbol.
        days: those that profiles are made of, the newest first.
        left_out: why others are left out.
        rows: how many lines the files have.
        repeated: how many of these were dropped as duplicates.
        invalid_symbols: tickers that are not valid as an event's symbol.
    """

    profiles: dict[str, VolumeProfile] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)
    left_out: dict[date, str] = field(default_factory=dict)
    rows: int = 0
    repeated: int = 0
    invalid_symbols: list[str] = field(default_factory=list)


def make_profiles(
    database: Database, paths: Sequence[Path], bar_seconds: int | None, step: Callable[[str], None]
) -> MadeProfiles:
    """Make the profiles of all symbols in flat files.

    Each file is read twice, and only one day's files are in memory at a time.

    Args:
        database: reads the files.
        paths: the files, in any order.
        bar_seconds: length of their bars. None: 1 or 60, by the spacing of each file's bars.
        step: called before each of the two readings of each file, with what is done.

    Raises:
        FlatFileError: a file cannot be read.
        HistoryError: a file holds no bars of times of day, or two bars that overlap and differ; or no day is left.
    """
    files = []
    for path in paths:
        step(f"reading {path.name}")
        files.append(survey(database, path, bar_seconds))
    made, means = MadeProfiles(rows=sum(file.rows for file in files)), MeanVolumes()
    for group in _groups(files):
        for file in group:
            step(f"adding {file.path.name}")
        bars = Bars(database, group)
        made.repeated += bars.repeated
        for day in bars.dates():
            if reason := reason_to_leave_out(day):
                made.left_out[day] = reason
            else:
                means.add(*bars.volumes(day))
                made.days.append(day)
    if not made.days:
        raise no_day(made, "all bars are of nights")
    profiles_of(bars.symbols(), means, made)
    return made


def profiles_of(symbols: Sequence[str], means: MeanVolumes, made: MadeProfiles) -> None:
    """Add the profiles of all symbols that have a session.

    Args:
        symbols: by their number.
        means: of these numbers.
        made: to which they are added.
    """
    for number, symbol in enumerate(symbols):
        if not is_symbol(symbol):
            made.invalid_symbols.append(symbol)
        elif (profile := means.profile(number)).sessions:
            made.profiles[symbol] = profile


def no_day(made: MadeProfiles, otherwise: str) -> HistoryError:
    """The error that there is no day to make profiles of.

    Args:
        made: names the days that were left out.
        otherwise: why there is none, if none was left out.
    """
    reasons = "; ".join(f"{day} {reason}" for day, reason in made.left_out.items()) or otherwise
    return HistoryError(f"There is no day to make profiles of: {reasons}.")


def _groups(files: Sequence[FlatFile]) -> Iterator[list[FlatFile]]:
    """The files whose days overlap, together; the newest first."""
    group: list[FlatFile] = []
    for file in sorted(files, key=lambda each: each.last, reverse=True):
        if group and file.last < min(each.first for each in group):
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def reason_to_leave_out(day: date) -> str:
    """Why a day is no session for profiles; empty: it is one."""
    if not is_trading_day(day):
        return "is no trading day"
    if closing_time(day) != CLOSE:
        return f"closes early, at {closing_time(day):%H:%M}"
    return ""
