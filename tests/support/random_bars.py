"""Random bars and reference data, close to the borders of sessions and days, for property tests."""

import os
import random
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from leaderboard.reference import NOTHING_KNOWN, PreviousDay, Profile, Reference, VolumeProfile
from leaderboard.reference.volume_profile import TIMES
from leaderboard.sessions import session_of
from leaderboard.system import System
from tests.support.market import TODAY, at

F = TypeVar("F", PreviousDay, Profile)


#: Examples that a property test tries; `python -m tests.properties` asks for more.
EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "40"))

property_test = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: Trading days, each after the one before it: an ordinary one, two with an early close, and the Mondays after the
#: clock went forward and back.
DAYS = [
    (date(2026, 11, 19), TODAY),
    (date(2026, 11, 25), date(2026, 11, 27)),
    (date(2025, 12, 23), date(2025, 12, 24)),
    (date(2026, 3, 6), date(2026, 3, 9)),
    (date(2026, 10, 30), date(2026, 11, 2)),
]


def borders(before: date, day: date) -> list[int]:
    """Instants shortly before the hours of a day change, and those of the day before."""
    of_before = [at(clock, before) for clock in ("03:59:58", "09:29:58", "19:59:58")]
    return of_before + [at(clock, day) for clock in ("03:59:58", "09:29:58", "12:59:58", "15:59:58", "19:59:58")]


BORDERS = borders(*DAYS[0])


prices = st.one_of(
    st.sampled_from([0.0, 0.0001, 1.0, 9.99, 10.01, 500000.0, 5e-324, 1.7976931348623157e308]),
    st.floats(0.01, 1000, allow_nan=False),
    st.floats(0, allow_nan=False, allow_infinity=False),
)


volumes = st.one_of(st.integers(0, 10**9), st.floats(0, 1e12, allow_nan=False))


def bars(symbols: st.SearchStrategy[str], days: tuple[date, date] = DAYS[0]) -> st.SearchStrategy[dict[str, Any]]:
    """Bars of a day and the day before, close to where their hours change."""
    instants = st.builds(
        lambda border, offset: border + offset * 1000, st.sampled_from(borders(*days)), st.integers(0, 4)
    )
    return st.builds(
        lambda symbol, start, length, c, o, high, low, a, v, av, op: {
            "sym": symbol,
            "s": start,
            "e": start + length,
            "c": c,
            "o": o,
            "h": high,
            "l": low,
            "vw": c,
            "a": a,
            "v": v,
            "av": av,
            "op": op,
        },
        symbols,
        instants,
        st.sampled_from([0, 1000, 60_000]),
        prices,
        st.one_of(st.none(), prices),
        st.one_of(st.none(), prices),
        st.one_of(st.none(), prices),
        st.one_of(st.none(), prices),
        volumes,
        volumes,
        st.one_of(st.none(), prices),
    )


def bars_of_two_days(symbols: Sequence[str], most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """One to `most` bars of some of the symbols, on one of :data:`DAYS` and the day before it."""
    return st.sampled_from(DAYS).flatmap(
        lambda days: st.lists(bars(st.sampled_from(symbols), days), min_size=1, max_size=most)
    )


figures = st.one_of(st.none(), prices)


# Nothing traded before some time, and from then on the same volume in every five minutes.
volume_profiles = st.one_of(
    st.just(VolumeProfile()),
    st.builds(
        lambda begin, volume, sessions: VolumeProfile.of(
            [max(0, at - begin) * volume for at in range(TIMES)], sessions
        ),
        st.integers(-1, TIMES),
        st.one_of(st.integers(0, 10**9), st.floats(0, 1e12, allow_nan=False)),
        st.integers(1, 30),
    ),
)


references = st.builds(
    lambda previous, profile, volume_profile: Reference(PreviousDay(*previous), Profile(*profile), volume_profile),
    st.tuples(*[figures] * 6),
    st.tuples(figures, figures),
    volume_profiles,
)


def columns(reference: Reference) -> dict[str, Any]:
    """The figures as columns of a reference file, and those of the volume profile if it is known."""
    shown: dict[str, Any] = {
        f"prev_day_{name}": getattr(reference.previous, name) for name in PreviousDay.__struct_fields__
    }
    shown |= {name: getattr(reference.profile, name) for name in Profile.__struct_fields__}
    usual = reference.volume_profile
    if usual.means:
        shown |= {"volume_profile": array("d", usual.means).tolist(), "rvol_sessions": usual.sessions}
    return shown


def learn(
    systems: list[System], known: dict[str, Reference], rng: random.Random, events: Sequence[Mapping[str, Any]]
) -> None:
    """Have some of the systems learn the figures, for each day of the events."""
    for day in sorted({session_of(event["s"]).day for event in events}):
        rng.choice(systems).reference.learn(day, known)


def later(first: Reference | None, second: Reference | None) -> Reference:
    """What is known after both were learned: what is unknown never replaces what is known."""
    first, second = first or NOTHING_KNOWN, second or NOTHING_KNOWN
    return Reference(
        completed(second.previous, first.previous),
        completed(second.profile, first.profile),
        second.volume_profile if second.volume_profile.means else first.volume_profile,
    )


def completed(figures: F, earlier: F) -> F:
    """The figures, with those of `earlier` where they are unknown."""
    known = {name: figure for name, figure in asdict(figures).items() if figure is not None}
    return replace(earlier, **known)


def deliveries_of(events: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """The events in any order, some of them twice."""
    deliveries = events + rng.choices(events, k=len(events) // 2)
    rng.shuffle(deliveries)
    return deliveries


def applied_by(
    systems: list[System],
    deliveries: list[dict[str, Any]],
    rng: random.Random,
    watch: Callable[[], object] = lambda: None,
) -> None:
    """Process the deliveries in batches of random sizes, by random systems, and `watch` after some of them."""
    at = 0
    while at < len(deliveries):
        size = rng.choice([1, 2, 7, 50, 600])
        rng.choice(systems).process(deliveries[at : at + size])
        at += size
        if rng.random() < 0.5:
            watch()


def applied_while_learning(
    systems: list[System],
    deliveries: list[dict[str, Any]],
    learned: Sequence[dict[str, Reference]],
    rng: random.Random,
    watch: Callable[[], object],
) -> None:
    """Process the deliveries as :func:`applied_by` does, and have some of the systems learn figures on the way.

    Args:
        learned: each is learned somewhere among the deliveries, in this order.
    """
    done = 0
    for known, end in zip(learned, sorted(rng.randrange(len(deliveries) + 1) for _ in learned), strict=True):
        applied_by(systems, deliveries[done:end], rng, watch)
        learn(systems, known, rng, deliveries)
        done = end
    applied_by(systems, deliveries[done:], rng, watch)


def market(rng: random.Random, symbols: int, events: int) -> list[dict[str, Any]]:
    """Random bars whose accumulated volume never falls within a symbol's day."""
    made = []
    for _ in range(events):
        start = rng.choice(BORDERS) + rng.randrange(5) * 1000
        price = round(rng.uniform(0.5, 300), 4)
        made.append(
            {
                "sym": f"S{rng.randrange(symbols)}",
                "s": start,
                "e": start + 1000,
                "c": price,
                "o": round(price * rng.uniform(0.9, 1.1), 4),
                "h": round(price * rng.uniform(1, 1.1), 4),
                "l": round(price * rng.uniform(0.9, 1), 4),
                "a": round(price * rng.uniform(0.9, 1.1), 4),
                "v": rng.randrange(1000),
                "av": (start - BORDERS[0]) // 100 + rng.choice([0, 0.5, 0.25])
                if rng.random() < 0.5
                else (start - BORDERS[0]) // 100,
            }
        )
    return made
