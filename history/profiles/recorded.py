"""Makes volume profiles of recorded days."""

from collections.abc import Callable, Sequence
from datetime import date

from history.archive.day import Day
from history.database import Database
from history.profiles.bars import DAY
from history.profiles.mean_volumes import SESSIONS, MeanVolumes
from history.profiles.symbol_numbers import SymbolNumbers
from history.profiles.volume_profiles import MadeProfiles, no_day, profiles_of, reason_to_leave_out
from leaderboard.reference.volume_profile import STEP
from leaderboard.sessions import Phase, Session
from leaderboard.tape.entries import IN_EFFECT


def make_recorded_profiles(
    database: Database, recorded: Sequence[Day], before: date, step: Callable[[str], None]
) -> MadeProfiles:
    """Make the profiles of all symbols in the archive, of the newest sessions that were recorded without a gap.

    A session's volume by a time is the greatest accumulated volume of the bars that had ended by then. So it needs
    no bar before it, and bars that came twice count once.

    Args:
        database: reads the archive.
        recorded: its days, the oldest first.
        before: the first trading day that is left out, as all later ones are.
        step: called before each day is read.

    Raises:
        HistoryError: no day is left.
    """
    made, means, numbers = MadeProfiles(), MeanVolumes(), SymbolNumbers(database)
    for day in reversed(recorded):
        if day.date >= before or len(made.days) == SESSIONS:
            continue
        step(f"reading {day.date}")
        day.views(database)
        if reason := reason_to_leave_out(day.date) or _gap(database, day.date):
            made.left_out[day.date] = reason
            continue
        numbers.add("bars")
        means.add(*database.arrays(_volumes(day.date)))
        made.days.append(day.date)
        ((bars,),) = database.rows("SELECT count(*) FROM bars")
        made.rows += bars
    if not made.days:
        raise no_day(made, f"none before {before} is recorded")
    profiles_of(numbers.symbols(), means, made)
    return made


def _gap(database: Database, day: date) -> str:
    """Why the day's bars may not all be there; empty: they are."""
    start = Session(day, Phase.PRE).start
    ((count,),) = database.rows(f"SELECT count(*) FROM gaps WHERE from_at < {start + DAY} AND to_at > {start}")
    if not count:
        return ""
    return "has a gap" if count == 1 else f"has {count} gaps"


def _volumes(day: date) -> str:
    """SQL of what traded on a day, as :meth:`history.profiles.bars.Bars.volumes` returns it."""
    start = Session(day, Phase.PRE).start
    return f"""
        WITH highest AS (
            SELECT number, (end_timestamp - {start} + {STEP - 1}) // {STEP} AS time,
                max(accumulated_volume) AS volume
            FROM bars JOIN symbols USING (symbol)
            WHERE start_timestamp >= {start} AND end_timestamp <= {start + DAY}
                AND contains('{IN_EFFECT}', outcome)
            GROUP BY ALL
        ), so_far AS (
            SELECT number, time, max(volume) OVER (PARTITION BY number ORDER BY time) AS volume FROM highest
        )
        SELECT number, time, volume - lag(volume, 1, 0) OVER (PARTITION BY number ORDER BY time) AS volume
        FROM so_far
    """
