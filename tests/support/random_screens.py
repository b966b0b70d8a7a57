"""Random screens, and bars whose rows tie and stand at the very limit of their conditions, for property tests."""

import random
from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st

from config.settings import Settings
from leaderboard.fields import SELECTABLE
from leaderboard.reference import Reference
from leaderboard.system import System
from tests.support.market import at
from tests.support.oracle import Expected, expected
from tests.support.random_bars import DAYS, applied_by, columns, learn, references
from tests.support.screen_oracle import Screen

SYMBOLS = ["A", "AA", "B", "BRK.B", "C", "Z", "a", "b"]
prices = st.sampled_from([0.0, 1.0, 2.0, 2.5, 10.0])
volumes = st.sampled_from([0, 1, 2, 100, 10_000])
# Of rows; null as well.
windows = st.one_of(st.none(), st.sampled_from([-50.0, 0.0, 2.0, 2.5, 100.0]))


def _bars(days: tuple[date, date]) -> st.SearchStrategy[dict[str, Any]]:
    clocks = ["04:00:00", "09:29:59", "09:30:00", "12:59:59", "13:00:00", "15:59:59", "16:00:00", "20:00:00"]
    return st.builds(
        lambda symbol, start, c, o, high, low, vw, v, av: {
            "sym": symbol,
            "s": start,
            "e": start + 1000,
            "c": c,
            "o": o,
            "h": high,
            "l": low,
            "vw": vw,
            "v": v,
            "av": av,
        },
        st.sampled_from(SYMBOLS),
        st.sampled_from([at("12:00:00", days[0]), *(at(clock, days[1]) for clock in clocks)]),
        *[prices] * 5,
        *[volumes] * 2,
    )


markets = st.sampled_from(DAYS).flatmap(lambda days: st.lists(_bars(days), min_size=1, max_size=25))
reference_data = st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=3)

fields = st.sampled_from(SELECTABLE)
numbers = st.sampled_from(["0", "1", "2", "2.5", "-3", "10_000", "1e2", "0.99", "50.0", "-0"])
spaces = st.sampled_from(["", " "])
conditions = st.builds(
    lambda space, left, compares, right: space.join((left, compares, right)),
    spaces,
    fields,
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.one_of(numbers, fields, st.builds("{}{}*{}{}".format, numbers, spaces, spaces, fields)),
)
screens = st.builds(
    Screen,
    by=fields,
    order=st.sampled_from(["ascending", "descending"]),
    where=st.lists(conditions, max_size=2),
    hours=st.lists(st.sampled_from(["pre", "regular", "post"]), unique=True, max_size=2),
    size=st.integers(1, 10),
).filter(lambda screen: (screen.by, screen.order) != ("accumulated_volume", "ascending"))


def traded(
    settings: Settings,
    events: list[dict[str, Any]],
    reference: dict[str, Reference],
    rng: random.Random,
    watch: Callable[[], object],
) -> Expected:
    """Have two processes apply bars, and then learn reference data; `watch` now and then, and at the end.

    Returns:
        What the oracle says of it.
    """
    systems = [System.from_settings(settings) for _ in range(2)]
    applied_by(systems, events, rng, watch)
    learn(systems, reference, rng, events)
    watch()
    return expected(events, {symbol: columns(each) for symbol, each in reference.items()})
