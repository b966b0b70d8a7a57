"""The market of :mod:`tests.support.massive.rest`, and a source that reads it."""

from collections.abc import Callable
from datetime import date
from statistics import fmean

from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.reference.massive.api import MassiveApi
from leaderboard.reference.massive.source import DAYS, MassiveSource
from tests.support.market import TODAY, at
from tests.support.massive.rest import KEY, MassiveRest

PREVIOUS = PreviousDay(9, 12, 8, 10, 1000, 10)
#: Of 1,000 shares on the last day, and one less on each day before.
AVERAGE = fmean(1000 - age for age in range(DAYS))
#: What the server's market knows of a listing.
KNOWN = Reference(PREVIOUS, Profile(AVERAGE, 5e6))

MassiveSources = Callable[..., MassiveSource]


def sources_of(server: MassiveRest) -> MassiveSources:
    """What makes sources that ask `server` at a time of day on a day."""

    def made(clock: str = "08:00:00", day: date = TODAY, key: str = KEY, url: str = server.url) -> MassiveSource:
        api = MassiveApi(key, url, per_second=1_000, read_timeout=0.5)
        return MassiveSource(api, lambda: at(clock, day) / 1000)

    return made


def market(source: MassiveSource, day: date = TODAY) -> dict[str, Reference]:
    """The whole market, its parts put together."""
    return {symbol: known for part in source.fetch_all(day) for symbol, known in part.items()}
